import type { AnyTRPCRouter } from "@trpc/server";
import { fastifyRequestHandler } from "@trpc/server/adapters/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { seal } from "./router/seal.ts";
import { createAnswer } from "./straight/answer.ts";
import { checkPluginOptions, type FastifyGuardPluginOptions, type PluginOptions } from "./straight/plugin-options.ts";
import { routesOf } from "./straight/routes.ts";
import { readStraightCall } from "./straight/straight-call.ts";

export type { FastifyGuardPluginOptions } from "./straight/plugin-options.ts";

/**
 * Serves a guarded router in a Fastify server, in place of `fastifyTRPCPlugin` and with the same options. Single queries and
 * mutations in JSON go a straight way, several times as fast; batches, streams and everything else go through tRPC's own
 * handler. Both answer alike.
 *
 * Does not check: who calls. The router's policies do, on either way.
 *
 * @throws {TypeError} when it is registered, with a sentence that names the option which it cannot honour, or the
 * procedure that has no policy.
 */
export async function fastifyGuardPlugin<TRouter extends AnyTRPCRouter>(
  fastify: FastifyInstance,
  options: FastifyGuardPluginOptions<TRouter>,
): Promise<void> {
  // The router's type is for whoever writes the options; in here any router will do.
  const handler = checkPluginOptions(options as unknown as PluginOptions);
  await seal(handler.router);
  const routes = routesOf(handler.router);
  const rules = { routes, allowMethodOverride: handler.allowMethodOverride ?? false };
  const answer = createAnswer(handler, new Set(routes.values()));

  passBodiesOn(fastify);
  fastify.all(`${ownPrefix(options.prefix)}/:path`, (request: FastifyRequest, reply: FastifyReply) => {
    const { path } = request.params as { path: string };
    const call = readStraightCall(request, path, rules);
    if (call) return answer(call, request, reply);
    return fastifyRequestHandler({ ...handler, req: request, res: reply, path });
  });
}

/** JSON as text and forms unread, as tRPC's plugin wants them, in the plugin's own context. */
function passBodiesOn(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser("application/json");
  fastify.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => done(null, body));
  fastify.removeContentTypeParser("multipart/form-data");
  fastify.addContentTypeParser("multipart/form-data", (_request, body, done) => done(null, body));
}

/** Fastify puts the prefix before a plugin's routes, unless `fastify-plugin`, which leaves its mark, took that away. */
function ownPrefix(prefix = ""): string {
  return "default" in fastifyGuardPlugin ? prefix : "";
}
