import { Refusal } from "@countersign/tokens";
import type { FastifyInstance, RouteHandlerMethod, RouteShorthandOptions } from "fastify";

/**
 * Registers a path for one method, HEAD beside GET, and refuses every other method that Node knows there with 405 and
 * `Allow` (RFC 9110 §15.5.6), before the body is read.
 */
export function route(
  fastify: FastifyInstance,
  method: "GET" | "POST",
  url: string,
  options: RouteShorthandOptions,
  handler: RouteHandlerMethod,
): void {
  const allowed: readonly string[] = method === "GET" ? ["GET", "HEAD"] : ["POST"];
  fastify.route({ ...options, method, url, handler, exposeHeadRoute: method === "GET" });
  refuseOthers(fastify, url, allowed);
}

/** Refuses all methods at a path but those. */
export function refuseOthers(fastify: FastifyInstance, url: string, allowed: readonly string[]): void {
  const others = fastify.supportedMethods.filter((method) => !allowed.includes(method));
  fastify.route({
    method: others,
    url,
    onRequest: async (_request, reply) => {
      reply.header("allow", allowed.join(", "));
      throw new Refusal("method_not_allowed");
    },
    handler: () => undefined, // never reached
  });
}
