import type { FastifyPluginAsync } from "fastify";
import type { Services } from "../services/services.ts";
import { handleError } from "./errors.ts";
import { healthRoutes } from "./health.ts";
import { securityHeaders, setHeaders } from "./security-headers.ts";
import { sessionRoutes } from "./session-routes.ts";
import { setupPage } from "./setup-page.ts";
import { type Api, trpcRoutes } from "./trpc-routes.ts";
import { wellKnownRoutes } from "./well-known.ts";

export interface PluginParts {
  readonly services: Pick<Services, "issuer" | "sessions" | "clients" | "keys" | "health">;
  readonly api: Api;
}

/**
 * All routes of an issuer, for anyone's Fastify: nothing of it reaches beyond these routes. They stand at the root of the
 * issuer's origin, where its cookies and its metadata belong.
 *
 * Does not check: that connections are encrypted, or that `request.ip` is to be believed (Fastify's `trustProxy`). Both
 * are the host's.
 */
export function createPlugin({ services, api }: PluginParts): FastifyPluginAsync {
  return async (fastify) => {
    fastify.setErrorHandler(handleError);
    fastify.addHook("onRequest", setHeaders(securityHeaders(services.issuer)));
    await fastify.register(trpcRoutes(api, services.clients), { prefix: "/trpc" });
    await fastify.register(sessionRoutes(services), { prefix: "/session" });
    await fastify.register(wellKnownRoutes(services.issuer, services.keys));
    await fastify.register(healthRoutes(services.health));
    await fastify.register(setupPage);
  };
}
