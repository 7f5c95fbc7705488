import { fastifyGuardPlugin } from "@countersign/guard/fastify";
import { serveGuarded } from "../guarded-api.ts";

// The guard, and single JSON calls past tRPC's adapter.

await serveGuarded(fastifyGuardPlugin);
