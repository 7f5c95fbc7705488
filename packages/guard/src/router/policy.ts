import type { Policy } from "@countersign/tokens";
import type { SendsAway } from "../decision/check.ts";

/** What a middleware of a guard's does. */
export interface Enforcement {
  readonly policy: Policy;
  /** Not there where it looks at no token, or something goes before it. */
  readonly sendsAway?: SendsAway | undefined;
}

/**
 * Which middleware functions are guards', and what they demand. Private to this module, so that nothing outside can mark
 * a function: neither `.meta()` nor a symbol from a registry nor a copied property. The price is that a second copy of
 * this package does not know the first one's procedures and refuses to build a router with them.
 */
const enforcements = new WeakMap<object, Enforcement>();

/** Marks a middleware as the one that enforces this policy. */
export function enforce<F extends object>(middleware: F, { policy, sendsAway }: Enforcement): F {
  enforcements.set(middleware, Object.freeze({ policy: Object.freeze(policy), sendsAway }));
  return middleware;
}

/** What a middleware enforces, `undefined` where it is none of a guard's. */
export function enforcedBy(middleware: unknown): Enforcement | undefined {
  return typeof middleware === "function" ? enforcements.get(middleware) : undefined;
}
