import { fastifyGuardPlugin } from "@countersign/guard/fastify";
import { setup } from "../harness/program.ts";
import { serveGuarded } from "../protected-call/guarded-api.ts";

// The guard as in `guarded-straight`, and proofs are read. Room for those of a whole run.

await serveGuarded(fastifyGuardPlugin, { publicUrl: `${setup.audience}/trpc`, rememberProofs: 2_000_000 });
