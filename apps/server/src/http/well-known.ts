import { PROOF_ALGORITHM } from "@countersign/tokens";
import type { FastifyInstance } from "fastify";
import type { Keys } from "../services/keys/keys.ts";
import { pathOf } from "./issuer-path.ts";
import { route } from "./route.ts";

/** As long as guards may keep the key set; a key is published for longer than this before it signs. */
const KEPT = "public, max-age=300";
export const FEED_PATH = "/feed";
const JWKS_PATH = "/.well-known/jwks.json";
const METADATA_PATH = "/.well-known/oauth-authorization-server";

/**
 * The issuer's metadata (RFC 8414 §2). It lists what exists and nothing else: there is no authorization endpoint and no
 * grant for now, which two members that must be there say by being empty.
 *
 * It stands before the issuer's path (§3), and after it as well, where OpenID clients look (§5): a host may pass on to the
 * issuer what is under its path and nothing else.
 */
export function metadataRoutes(issuer: string) {
  const metadata = {
    issuer,
    jwks_uri: `${issuer}${JWKS_PATH}`,
    countersign_feed_endpoint: `${issuer}${FEED_PATH}`,
    response_types_supported: [],
    grant_types_supported: [],
    dpop_signing_alg_values_supported: [PROOF_ALGORITHM],
  };
  return async (fastify: FastifyInstance): Promise<void> => {
    const path = pathOf(issuer);
    for (const place of new Set([METADATA_PATH + path, path + METADATA_PATH])) {
      route(fastify, "GET", place, {}, async (_request, reply) => {
        return await reply.header("cache-control", KEPT).send(metadata);
      });
    }
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
