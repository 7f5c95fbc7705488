/** Who may call a procedure: what stands in the access table, and as a literal in the router's type. */
export type Policy =
  /** Anybody, and why. Credentials are not looked at. */
  | { readonly open: string }
  /** Anybody, and why; whoever brings a token is recognised. */
  | { readonly orSignedIn: string }
  /** Whoever signed in: accounts, not services. */
  | { readonly signedIn: true }
  /** Accounts and services whose token carries all of these. */
  | { readonly allowed: readonly string[] }
  /** Accounts and services whose token carries at least one of these. */
  | { readonly allowedAny: readonly string[] };

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
