import type { OwnVerifier } from "@countersign/guard";
import type { FastifyPluginAsync } from "fastify";
import { FEED_PERMISSION } from "../api/permissions.ts";
import type { Services } from "../services/services.ts";
import { handleError } from "./errors.ts";
import { feedRoute } from "./feed-route.ts";
import { healthRoutes } from "./health.ts";
import { pathOf } from "./issuer-path.ts";
import { securityHeaders, setHeaders } from "./security-headers.ts";
import { sessionRoutes } from "./session-routes.ts";
import { setupPage } from "./setup-page.ts";
import { refuseDoubled } from "./single-headers.ts";
import { type Api, trpcRoutes } from "./trpc-routes.ts";
import { keySetRoute, metadataRoutes } from "./well-known.ts";

export interface PluginParts {
  readonly services: Pick<Services, "issuer" | "sessions" | "proofs" | "clients" | "keys" | "health" | "feed">;
  readonly verifier: OwnVerifier;
  readonly api: Api;
}

/**
 * All routes of an issuer, for anyone's Fastify: nothing of it reaches beyond these routes, and no parser, serializer or
 * error handler of the host's reaches into them. They stand under the issuer's path, but for the metadata, which stands
 * before it as well (RFC 8414 §3).
 *
 * Does not check: that connections are encrypted, or that `request.ip` is to be believed (Fastify's `trustProxy`). Both
 * are the host's. Hooks that the host has put on everything run here too.
 *
 * @throws {TypeError} where the host gives a prefix
 */
export function createPlugin({ services, verifier, api }: PluginParts): FastifyPluginAsync {
  const path = pathOf(services.issuer);
  return async (fastify) => {
    if (fastify.prefix !== "") {
      throw new TypeError(
        `issuer.plugin: register it without a prefix; the issuer's URL puts it under "${path || "/"}"`,
      );
    }
    fastify.setErrorHandler(handleError);
    fastify.setReplySerializer((payload) => JSON.stringify(payload));
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser(
      "application/json",
      { parseAs: "string" },
      fastify.getDefaultJsonParser("error", "error"),
    );
    fastify.addHook("onRequest", setHeaders(securityHeaders(services.issuer)));
    fastify.addHook("onRequest", refuseDoubled);
    await fastify.register(metadataRoutes(services.issuer));
    await fastify.register(
      async (scope) => {
        await scope.register(trpcRoutes(api, services.clients), { prefix: "/trpc" });
        await scope.register(sessionRoutes(services), { prefix: "/session" });
        await scope.register(feedRoute({ feed: services.feed, verifier, permission: FEED_PERMISSION }));
        await scope.register(keySetRoute(services.keys));
        await scope.register(healthRoutes(services.health));
        await scope.register(setupPage);
      },
      { prefix: path },
    );
  };
}
