import { fastifyGuardPlugin } from "@countersign/guard/fastify";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { setup } from "../harness/program.ts";
import { serveGuarded } from "../protected-call/guarded-api.ts";

// The guard as in `guarded-official`, or with `straight` as in `guarded-straight`, and proofs are read. Room for those of a
// whole run.

const plugin = process.argv[2] === "straight" ? (fastifyGuardPlugin as typeof fastifyTRPCPlugin) : fastifyTRPCPlugin;
await serveGuarded(plugin, { publicUrl: `${setup.audience}/trpc`, rememberProofs: 2_000_000 });
