import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { serveUnguarded } from "../unguarded-api.ts";

// tRPC's own Fastify adapter, and nothing checked.

await serveUnguarded(fastifyTRPCPlugin);
