import type { FastifyInstance } from "fastify";
import type { Keys } from "../services/keys.ts";
import { route } from "./route.ts";

/** As long as guards may keep the key set; a key is published for longer than this before it signs. */
const KEPT = "public, max-age=300";
export const FEED_PATH = "/feed";
const JWKS_PATH = "/.well-known/jwks.json";

/** The path of an issuer's URL, empty for an origin. */
export function pathOf(issuer: string): string {
  const { pathname } = new URL(issuer);
  return pathname === "/" ? "" : pathname;
}

/**
 * The issuer's metadata (RFC 8414 §2). It lists what exists and nothing else: there is no authorization endpoint and no
 * grant for now, which two members that must be there say by being empty.
 */
export function metadataRoute(issuer: string) {
  const metadata = {
    issuer,
    jwks_uri: `${issuer}${JWKS_PATH}`,
    countersign_feed_endpoint: `${issuer}${FEED_PATH}`,
    response_types_supported: [],
    grant_types_supported: [],
  };
  return async (fastify: FastifyInstance): Promise<void> => {
    route(fastify, "GET", `/.well-known/oauth-authorization-server${pathOf(issuer)}`, {}, async (_request, reply) => {
      return await reply.header("cache-control", KEPT).send(metadata);
    });
  };
}

/** The public keys (RFC 7517 §5). */
export function keySetRoute(keys: Keys) {
  return async (fastify: FastifyInstance): Promise<void> => {
    route(fastify, "GET", JWKS_PATH, {}, async (_request, reply) => {
      return await reply.header("cache-control", KEPT).send(keys.jwks());
    });
  };
}
