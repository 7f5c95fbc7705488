import type { Policy } from "@countersign/tokens";
import type { SendsAway } from "../decision/check.ts";
import { type Middleware, type Proceed, proceedByNext, proceedWith } from "./chain.ts";

/** What a middleware of a guard's does. */
export interface Enforcement {
  readonly policy: Policy;
  /** Not there where it looks at no token, or something goes before it. */
  readonly sendsAway?: SendsAway | undefined;
  /** The check itself, before whatever comes next. */
  readonly before: (proceed: Proceed) => Middleware;
}

/**
 * Which middleware functions are guards', and what they demand. Private to this module, so that nothing outside can mark
 * a function: neither `.meta()` nor a symbol from a registry nor a copied property. The price is that a second copy of
 * this package does not know the first one's procedures and refuses to build a router with them.
 */
const enforcements = new WeakMap<object, Enforcement>();

/** The middleware that enforces this policy, for tRPC to run among others. */
export function enforce({ policy, sendsAway, before }: Enforcement): Middleware {
  return mark(Object.freeze({ policy: Object.freeze(policy), sendsAway, before }), proceedByNext);
}

/** The same in one with all that comes after it. */
export function enforceBefore(rest: readonly Middleware[], enforcement: Enforcement): Middleware {
  return mark(enforcement, proceedWith(rest));
}

function mark(enforcement: Enforcement, proceed: Proceed): Middleware {
  const middleware = enforcement.before(proceed);
  enforcements.set(middleware, enforcement);
  return middleware;
}

/** What a middleware enforces, `undefined` where it is none of a guard's. */
export function enforcedBy(middleware: unknown): Enforcement | undefined {
  return typeof middleware === "function" ? enforcements.get(middleware) : undefined;
}
