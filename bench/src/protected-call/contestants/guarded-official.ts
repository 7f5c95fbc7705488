import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { serveGuarded } from "../guarded-api.ts";

// The guard on tRPC's own Fastify adapter.

await serveGuarded(fastifyTRPCPlugin);
