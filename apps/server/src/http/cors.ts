import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import type { Clients } from "../services/clients.ts";

/**
 * Lets the pages of registered clients read the answers of a scope, and nobody else's (ASVS 3.4.2).
 *
 * @param credentials whether cookies may be sent along: at `/session` only
 */
export async function allowRegisteredOrigins(fastify: FastifyInstance, clients: Clients, credentials: boolean) {
  await fastify.register(cors, {
    origin: async (origin: string | undefined) =>
      origin !== undefined && (await clients.list()).some((client) => client.origins.includes(origin)),
    methods: ["GET", "POST"],
    allowedHeaders: ["authorization", "content-type", "dpop", "last-event-id", "trpc-accept", "x-countersign"],
    exposedHeaders: ["DPoP-Nonce", "WWW-Authenticate", "Retry-After"],
    credentials,
    maxAge: 600,
    strictPreflight: false,
  });
}
