import type { Call, CallResult } from "../refusal/refused-call.ts";

/** As tRPC calls one. Whoever forgot to return what `next()` answered answers nothing, and tRPC has a sentence for that. */
export type Middleware = (call: Call) => Promise<CallResult | undefined>;

/** Runs what comes after a check, with this in its context. */
export type Proceed = (call: Call, added: object) => Promise<CallResult | undefined>;

/** Has tRPC run it. */
export const proceedByNext: Proceed = (call, added) => call.next({ ctx: added });

/**
 * Runs the next middleware itself, with what tRPC would give it, so that a check is no step of its own: a step costs several
 * times as much as the check. What that one's `next` runs is for tRPC to know.
 */
export function proceedWith(next: Middleware): Proceed {
  return (call, added) =>
    next({
      ...call,
      ctx: { ...call.ctx, ...added },
      next: (options) => call.next({ ...options, ctx: { ...added, ...options?.ctx } }),
    });
}
