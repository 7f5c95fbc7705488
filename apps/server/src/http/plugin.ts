import type { OwnVerifier } from "@countersign/guard";
import type { FastifyPluginAsync } from "fastify";
import { FEED_PERMISSION } from "../api/permissions.ts";
import type { Services } from "../services/services.ts";
import { handleError } from "./errors.ts";
import { feedRoute } from "./feed-route.ts";
import { healthRoutes } from "./health.ts";
import { securityHeaders, setHeaders } from "./security-headers.ts";
import { sessionRoutes } from "./session-routes.ts";
import { setupPage } from "./setup-page.ts";
import { type Api, trpcRoutes } from "./trpc-routes.ts";
import { keySetRoute, metadataRoute, pathOf } from "./well-known.ts";

export interface PluginParts {
  readonly services: Pick<Services, "issuer" | "sessions" | "clients" | "keys" | "health" | "feed">;
  readonly verifier: OwnVerifier;
  readonly api: Api;
}

/**
 * All routes of an issuer, for anyone's Fastify: nothing of it reaches beyond these routes. They stand under the issuer's
 * path, but for the metadata, which stands before it (RFC 8414 §3).
 *
 * Does not check: that connections are encrypted, or that `request.ip` is to be believed (Fastify's `trustProxy`). Both
 * are the host's.
 */
export function createPlugin({ services, verifier, api }: PluginParts): FastifyPluginAsync {
  return async (fastify) => {
    fastify.setErrorHandler(handleError);
    fastify.addHook("onRequest", setHeaders(securityHeaders(services.issuer)));
    await fastify.register(metadataRoute(services.issuer));
    await fastify.register(
      async (scope) => {
        await scope.register(trpcRoutes(api, services.clients), { prefix: "/trpc" });
        await scope.register(sessionRoutes(services), { prefix: "/session" });
        await scope.register(feedRoute({ feed: services.feed, verifier, permission: FEED_PERMISSION }));
        await scope.register(keySetRoute(services.keys));
        await scope.register(healthRoutes(services.health));
        await scope.register(setupPage);
      },
      { prefix: pathOf(services.issuer) },
    );
  };
}
