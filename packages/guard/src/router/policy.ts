import type { Policy } from "@countersign/tokens";

/**
 * Which middleware functions are guards', and what they demand. Private to this module, so that nothing outside can mark
 * a function: neither `.meta()` nor a symbol from a registry nor a copied property. The price is that a second copy of
 * this package does not know the first one's procedures and refuses to build a router with them.
 */
const policies = new WeakMap<object, Policy>();

/** Marks a middleware as the one that enforces this policy. */
export function enforce<F extends object>(middleware: F, policy: Policy): F {
  policies.set(middleware, Object.freeze(policy));
  return middleware;
}

/** What a middleware enforces, `undefined` where it is none of a guard's. */
export function enforcedBy(middleware: unknown): Policy | undefined {
  return typeof middleware === "function" ? policies.get(middleware) : undefined;
}
