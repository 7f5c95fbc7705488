import { type Guard, type GuardTypes, refusalOf, trpcErrorOf } from "@countersign/guard";
import { Refusal } from "@countersign/tokens";
import { type AnyTRPCRouter, getTRPCErrorShape, type TRPCError } from "@trpc/server";
import { fastifyRequestHandler } from "@trpc/server/adapters/fastify";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createContext } from "../api/context.ts";
import type { Clients } from "../services/clients.ts";
import { callerOf, originOf } from "./caller-of.ts";
import { allowRegisteredOrigins } from "./cors.ts";
import { noteRefusal, refusalFrom, setRefusal } from "./errors.ts";
import { outcomeOf } from "./outcome.ts";
import { refuseOthers } from "./route.ts";

const BODY_LIMIT = 100 * 1024;

/** A router, and its guard, which knows the headers of refusals and how large a batch may be. */
export interface Api {
  readonly router: AnyTRPCRouter;
  readonly guard: Pick<Guard<GuardTypes>, "responseMeta" | "maxBatchSize">;
}

/**
 * The API, by tRPC's own handler on routes of ours: GET and POST with JSON, nothing else. What Fastify refuses before
 * tRPC sees it is shaped by the router's formatter, so that a client reads one kind of error here.
 */
export function trpcRoutes({ router, guard }: Api, clients: Clients) {
  return async (fastify: FastifyInstance): Promise<void> => {
    allowRegisteredOrigins(fastify, clients, false);
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => done(null, body));
    fastify.setErrorHandler(handleError);
    fastify.addHook("onSend", mendHeaders);
    refuseOthers(fastify, "/*", ["GET", "POST"]);
    fastify.route({
      method: ["GET", "POST"],
      url: "/*",
      bodyLimit: BODY_LIMIT,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        await fastifyRequestHandler({
          router,
          responseMeta: guard.responseMeta,
          maxBatchSize: guard.maxBatchSize,
          createContext: ({ info }: { info: TRPCRequestInfo }) => {
            const outcome = outcomeOf(request);
            outcome.calls = info.calls.filter(({ procedure }) => procedure).map(({ path }) => path);
            return createContext(request, {
              caller: callerOf(request),
              origin: originOf(request),
              calls: info.calls.length,
              identified: (account) => {
                outcome.account = account;
              },
            });
          },
          onError: ({ error }: { error: TRPCError }) => noteError(request, error),
          path: (request.params as { "*": string })["*"],
          req: request,
          res: reply,
        });
        return reply;
      },
    });
  };

  async function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const refusal = refusalFrom(error);
    noteRefusal(request, refusal);
    const shape = getTRPCErrorShape({
      config: router._def._config,
      error: trpcErrorOf(refusal),
      type: "unknown",
      path: undefined,
      input: undefined,
      ctx: undefined,
    });
    return await setRefusal(reply, refusal).send({ error: shape });
  }
}

/** What tRPC's handler leaves out where it refuses a whole request, and what of ours it would write over. */
async function mendHeaders(_request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
  if (!(payload instanceof Response)) return;
  if (payload.headers.get("content-type")?.startsWith("text/plain")) {
    payload.headers.set("content-type", "application/json");
  }
  const vary = reply.getHeader("vary");
  if (vary !== undefined) payload.headers.append("vary", String(vary));
}

/** tRPC's errors carry our refusal, or are about the request, or are a failure of ours. */
function noteError(request: FastifyRequest, error: TRPCError): void {
  const refusal = refusalOf(error);
  if (refusal) noteRefusal(request, refusal);
  else if (error.code === "INTERNAL_SERVER_ERROR") noteRefusal(request, new Refusal("internal", { cause: error }));
  else outcomeOf(request).reason ??= error.code.toLowerCase();
}
