import { getTRPCErrorFromUnknown, type TRPCError } from "@trpc/server";
import { createURL, type NodeHTTPRequest } from "@trpc/server/adapters/node-http";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { callChain } from "../router/chain.ts";
import { abortSignalOf } from "./abort-signal.ts";
import { type CallInput, createCallInput } from "./call-input.ts";
import type { HandlerOptions } from "./plugin-options.ts";
import type { ReadyRefusals } from "./ready-refusals.ts";
import type { StraightCall } from "./straight-call.ts";

/** A call on its way, as far as it has come. */
export interface Run {
  readonly call: StraightCall;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly input: CallInput;
  readonly info: TRPCRequestInfo;
  /** `undefined` until it is made. */
  ctx: unknown;
}

export type Outcome = { readonly data: unknown } | { readonly error: TRPCError };

/**
 * Begins a call: with what tRPC tells `createContext` and `responseMeta` about a request.
 *
 * @throws {TRPCError} where host and target make no URL.
 */
export function begin(call: StraightCall, request: FastifyRequest, reply: FastifyReply, options: HandlerOptions): Run {
  const { path, procedure, type } = call.route;
  const { transformer } = options.router._def._config;
  const input = createCallInput(call.text, (json) => transformer.input.deserialize(json));
  // Where tRPC's own handler leaves it for `createContext`.
  (request.raw as NodeHTTPRequest).body = request.body;
  const info: TRPCRequestInfo = {
    isBatchCall: false,
    accept: null,
    calls: [{ batchIndex: 0, path, procedure, getRawInput: input.getRawInput, result: input.result }],
    type,
    connectionParams: null,
    signal: abortSignalOf(reply.raw),
    url: createURL(request.raw),
  };
  return { call, request, reply, input, info, ctx: undefined };
}

/**
 * Makes the context and runs the procedure with it, as tRPC's own handler does.
 *
 * @throws whatever `onError` throws.
 */
export async function runCall(run: Run, options: HandlerOptions, { assertLookedAt }: ReadyRefusals): Promise<Outcome> {
  const { request, input, info } = run;
  const { path, procedure, chain, type } = run.call.route;
  try {
    run.ctx = await createContext(run, options);
    assertLookedAt(run);
    const data = await callChain(chain, {
      path,
      getRawInput: input.getRawInput,
      // Whatever it is: a check looks whether it is a context.
      ctx: run.ctx as object,
      type,
      signal: info.signal,
      batchIndex: 0,
      meta: procedure._def.meta,
      input: undefined,
    });
    return { data };
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    options.onError?.({ error, path, input: input.result(), ctx: run.ctx, type, req: request });
    return { error };
  }
}

function createContext({ request, reply, info, call }: Run, options: HandlerOptions): unknown {
  const given = { ...options, req: request, res: reply, path: call.urlPath, info };
  return given.createContext?.(given);
}
