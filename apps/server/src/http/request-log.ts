import type { FastifyReply, FastifyRequest } from "fastify";
import { outcomeOf } from "./outcome.ts";

/**
 * A hook that writes one line for each request: who, what, and what came of it. The route as it is registered, never the
 * URL as it was sent, and no header but the peer's address.
 */
export async function logRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? null,
      ...outcomeOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      address: request.ip,
    },
    "request",
  );
}
