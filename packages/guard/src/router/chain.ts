import { getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import type { Call, CallResult, NextOptions } from "../refusal/refused-call.ts";

/** As tRPC calls one. Whoever forgot to return what `next()` answered answers nothing, and tRPC has a sentence for that. */
export type Middleware = (call: Call) => Promise<CallResult | undefined>;

/** Runs what comes after a check, with this in its context. */
export type Proceed = (call: Call, added: object) => Promise<CallResult | undefined>;

/** Has tRPC run it. */
export const proceedByNext: Proceed = (call, added) => call.next({ ctx: added });

/**
 * Runs the rest of a procedure's chain itself: the check and all that comes after it are one step to tRPC, of which each costs
 * several times as much as the check.
 */
export function proceedWith(rest: readonly Middleware[]): Proceed {
  return (call, added) => runChain(rest, { ...call, ctx: { ...call.ctx, ...added } });
}

/** A call on its way into a chain. */
export type ChainCall = Omit<Call, "next">;

/**
 * Runs middlewares, each from the `next` of the one before it, and gives each what tRPC would: `chain.test.ts` holds the two
 * together. What one throws is its result, as an error of tRPC's.
 */
async function runChain(chain: readonly Middleware[], call: ChainCall, at = 0): Promise<CallResult | undefined> {
  try {
    // Whoever calls `next` in the last one reaches into the void, and is told so below.
    const middleware = chain[at] as Middleware;
    return await middleware({ ...call, next: (options) => runChain(chain, after(call, options), at + 1) });
  } catch (cause) {
    return { ok: false, error: getTRPCErrorFromUnknown(cause), marker: "middlewareMarker" };
  }
}

function after(call: ChainCall, options: NextOptions | undefined): ChainCall {
  if (!options) return call;
  return {
    ...call,
    ctx: options.ctx ? { ...call.ctx, ...options.ctx } : call.ctx,
    input: "input" in options ? options.input : call.input,
    getRawInput: options.getRawInput ?? call.getRawInput,
  };
}

/**
 * What a procedure answers that consists of these middlewares, as when tRPC's adapters call it.
 *
 * @throws {TRPCError}
 */
export async function callChain(chain: readonly Middleware[], call: ChainCall): Promise<unknown> {
  const result = await runChain(chain, call);
  if (result?.ok) return result.data;
  const message = "No result from middlewares - did you forget to `return next()`?";
  throw result?.error ?? new TRPCError({ code: "INTERNAL_SERVER_ERROR", message });
}
