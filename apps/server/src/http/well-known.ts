import type { FastifyInstance } from "fastify";
import type { Keys } from "../services/keys.ts";
import { route } from "./route.ts";

/** As long as guards may keep the key set; a key is published for longer than this before it signs. */
const KEPT = "public, max-age=300";
const JWKS_PATH = "/.well-known/jwks.json";

/**
 * The issuer's metadata (RFC 8414 §2) and key set (RFC 7517 §5). The metadata lists what exists and nothing else: there
 * is no authorization endpoint and no grant for now, which two required members say by being empty.
 */
export function wellKnownRoutes(issuer: string, keys: Keys) {
  const metadata = {
    issuer,
    jwks_uri: `${issuer}${JWKS_PATH}`,
    response_types_supported: [],
    grant_types_supported: [],
  };
  return async (fastify: FastifyInstance): Promise<void> => {
    route(fastify, "GET", "/.well-known/oauth-authorization-server", {}, async (_request, reply) => {
      return await reply.header("cache-control", KEPT).send(metadata);
    });
    route(fastify, "GET", JWKS_PATH, {}, async (_request, reply) => {
      return await reply.header("cache-control", KEPT).send(keys.jwks());
    });
  };
}
