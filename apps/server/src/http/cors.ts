import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clients } from "../services/clients.ts";

/** What a page may send, and what it may read beside the body (Fetch §3.3.2). */
const preflight = Object.freeze({
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, dpop, last-event-id, trpc-accept, x-countersign",
  "access-control-max-age": "600",
  "content-length": "0",
});
const EXPOSED = "DPoP-Nonce, WWW-Authenticate, Retry-After";
const THEIRS = ["access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers"];

/**
 * Lets the pages of registered clients read the answers of a scope, and nobody else's (ASVS 3.4.2), whatever a host says
 * of its own routes. `@fastify/cors` cannot do this here: a Fastify has it once, and it may be the host's.
 *
 * @param credentials whether cookies may be sent along: at `/session` only
 */
export function allowRegisteredOrigins(fastify: FastifyInstance, clients: Clients, credentials: boolean): void {
  const isRegistered = async ({ headers: { origin } }: FastifyRequest): Promise<boolean> =>
    origin !== undefined && (await clients.list()).some((client) => client.origins.includes(origin));

  fastify.addHook("onRequest", async (request, reply) => {
    for (const name of THEIRS) reply.removeHeader(name);
    reply.header("vary", [reply.getHeader("vary"), "Origin"].flat().filter(Boolean).join(", "));
    if (!(await isRegistered(request))) return undefined;
    reply.header("access-control-allow-origin", request.headers.origin);
    reply.header("access-control-expose-headers", EXPOSED);
    if (credentials) reply.header("access-control-allow-credentials", "true");
    return request.method === "OPTIONS" ? await reply.code(204).headers(preflight).send() : undefined;
  });
}
