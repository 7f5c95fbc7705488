import { type Action, actions } from "../actions.ts";
import type { Reason } from "../api.ts";
import { guardRefusalOf, maxAgeOf, retryAfterOf } from "../errors.ts";

/**
 * What has to happen before a refused call can succeed. A render can do none of it; this is plain data, which it gives to
 * its page, and a page can.
 */
export interface Need {
  /**
   * `refresh` and `step-up`: the page posts to the route of that name, and asks again, once. `sign-out`, `sign-in`: the
   * session is over. `wait`: for `retryAfter`.
   */
  readonly action: Exclude<Action, "prove-again" | "final">;
  readonly reason: Reason;
  /** How old the sign-in may be at most, in seconds; where the API says. */
  readonly maxAge?: number;
  /** Seconds; where the API says. */
  readonly retryAfter?: number;
}

/**
 * Reads an error of a call. `undefined` where nothing that a page could do would help, and where nobody knows whether the
 * call ran.
 */
export function needOf(error: unknown): Need | undefined {
  const reason = guardRefusalOf(error);
  const action = reason && actions[reason];
  if (!action || action === "final" || action === "prove-again") return undefined;
  const [maxAge, retryAfter] = [maxAgeOf(error), retryAfterOf(error)];
  return {
    action,
    reason,
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
