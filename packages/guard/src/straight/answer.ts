import { getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError, transformTRPCResponse } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import type { TRPCResponse } from "@trpc/server/rpc";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isDataStream } from "../data-stream.ts";
import type { HandlerOptions } from "./plugin-options.ts";
import { createReadyRefusals } from "./ready-refusals.ts";
import { addHeaders, createKnownHead, type HeaderPairs, JSON_TYPE, VARY } from "./response-head.ts";
import type { Route } from "./routes.ts";
import { begin, type Outcome, type Run, runCall } from "./run-call.ts";
import { send, sendAsked, sendWith } from "./send.ts";
import type { StraightCall } from "./straight-call.ts";

/** Answers a call: the body's text, or a whole response where something went wrong on the way. */
export type Answer = (call: StraightCall, request: FastifyRequest, reply: FastifyReply) => Promise<string | Response>;

/**
 * Does for a single JSON call what tRPC's `resolveResponse` does, step by step and with the same functions, but without
 * a web request and response around it. `differential.test.ts` holds the two together.
 */
export function createAnswer(options: HandlerOptions, routes: Iterable<Route>): Answer {
  const { router, responseMeta, onError } = options;
  const config = router._def._config;
  const knownHead = createKnownHead(options, routes);
  const readyRefusals = createReadyRefusals(options, routes);

  return async (call, request, reply) => {
    const run = begin(call, request, reply, options);
    let head: HeaderPairs | Headers = [VARY];
    try {
      const outcome = await runCall(run, options, readyRefusals);
      head = [VARY, JSON_TYPE];
      if ("data" in outcome && isDataStream(outcome.data)) throw streamed();
      const error = "error" in outcome ? outcome.error : undefined;
      const ready = error && readyRefusals.find(call.route, error);
      if (ready) return send(reply, ready.status, ready.head, ready.body);
      const known = knownHead(call.route, error);
      if (known && "data" in outcome) {
        head = known;
        return send(reply, 200, head, serializeResult(outcome.data));
      }
      const response = responseOf(outcome, run);
      const errors = error === undefined ? [] : [error];
      if (known) {
        head = known;
        const status = getHTTPStatusCode([response], errors);
        const body = serialize(response);
        if (error) readyRefusals.keep(call.route, error, { status, head, body });
        return sendWith(reply, status, head, body);
      }
      head = new Headers(head);
      const status = askStatus(run, response, errors, head);
      return sendAsked(reply, status, head, serialize(response));
    } catch (cause) {
      return fail(cause, run, new Headers(head));
    }
  };

  function responseOf(outcome: Outcome, { ctx, input, call: { route } }: Run): TRPCResponse {
    if ("data" in outcome) return { result: { data: outcome.data } };
    const { path, type } = route;
    return { error: getTRPCErrorShape({ config, ctx, error: outcome.error, input: input.result(), path, type }) };
  }

  /** The status, after the headers that are asked for were added. */
  function askStatus({ ctx, info }: Run, response: TRPCResponse, errors: TRPCError[], headers: Headers): number {
    const status = getHTTPStatusCode([response], errors);
    const paths = info.calls.map(({ path }) => path);
    const meta = responseMeta?.({
      ctx,
      info,
      paths,
      data: [response],
      errors,
      eagerGeneration: false,
      type: info.type,
    });
    addHeaders(headers, meta?.headers);
    return meta?.status || status;
  }

  /** What went wrong outside the procedure: a result that cannot be sent, a callback that throws. */
  function fail(cause: unknown, run: Run, headers: Headers): Response {
    const error = getTRPCErrorFromUnknown(cause);
    const about = { error, path: undefined, input: undefined, ctx: run.ctx, type: run.info.type };
    onError?.({ ...about, req: run.request });
    const response: TRPCResponse = { error: getTRPCErrorShape({ config, ...about }) };
    const body = serialize(response);
    return new Response(body, { status: askStatus(run, response, [error], headers), headers });
  }

  function serialize(response: TRPCResponse): string {
    return JSON.stringify(transformTRPCResponse(config, response));
  }

  /** The same for a result that nobody else has seen, at a tenth of the cost. */
  function serializeResult(data: unknown): string {
    return JSON.stringify({ result: { data: config.transformer.output.serialize(data) } });
  }
}

function streamed(): TRPCError {
  return new TRPCError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "Cannot use stream-like response in non-streaming request - use httpBatchStreamLink",
  });
}
