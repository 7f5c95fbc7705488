import { LEEWAY_S, Refusal } from "@countersign/tokens";
import { type AtOnce, goOn } from "../at-once.ts";
import { notPermitted } from "../refusal/challenge.ts";
import type { Facts } from "../request/facts.ts";
import type { AccountPrincipal, Principal } from "./principal.ts";

/** Answers who sends a request, or refuses. */
export type Identify<P extends string, Claims> = (facts: Facts) => AtOnce<Principal<P, Claims>>;

/** Decides a call: the principal that may make it, `null` for anybody. Throws a `Refusal` otherwise. */
export type Decide<P extends string, Claims> = (facts: Facts) => AtOnce<Principal<P, Claims> | null>;

/** `open`: credentials are not looked at, not even bad ones. */
export function decideOpen(): null {
  return null;
}

/** `signedIn`: an account. A service has no business in somebody's own things. */
export function decideSignedIn<P extends string, C>(identify: Identify<P, C>): Decide<P, C> {
  return (facts) => goOn(identify(facts), account<P, C>);
}

/**
 * `signedIn({ within })`: an account whose person proved who they are so many seconds ago at most (RFC 9470). Where the
 * issuer does not say when, that is long ago; what it says of the future, beyond the leeway of every time, is not believed.
 * `now` is the issuer's clock as far as it is known, in milliseconds.
 */
export function decideSignedInWithin<P extends string, C>(
  identify: Identify<P, C>,
  { within, now }: { readonly within: number; readonly now: () => number },
): Decide<P, C> {
  const fresh = (principal: Principal<P, C>) => {
    const { authTime } = account(principal);
    const age = authTime === null ? Number.NaN : now() / 1000 - authTime;
    // Written so that an age that is no number refuses.
    if (age <= within && age >= -LEEWAY_S) return principal;
    throw new Refusal("step_up_required", { maxAge: within });
  };
  return (facts) => goOn(identify(facts), fresh);
}

/** `open.orSignedIn`: nobody, or an account; credentials that are bad are refused. */
export function decideOrSignedIn<P extends string, C>(identify: Identify<P, C>): Decide<P, C> {
  return async (facts) => {
    try {
      return account(await identify(facts));
    } catch (cause) {
      if (cause instanceof Refusal && cause.reason === "no_token") return null;
      throw cause;
    }
  };
}

/** `allowed` and `allowed.any`: whoever carries every one, or some one, of these permissions. */
export function decideAllowed<P extends string, C>(
  identify: Identify<P, C>,
  permissions: readonly P[],
  enough: "every" | "some",
): Decide<P, C> {
  const permitted = (principal: Principal<P, C>) => {
    if (permissions[enough]((permission) => principal.can(permission))) return principal;
    throw notPermitted(permissions, `${principal.kind} ${principal.id}`);
  };
  return (facts) => goOn(identify(facts), permitted);
}

function account<P extends string, C>(principal: Principal<P, C>): AccountPrincipal<P, C> {
  if (principal.kind !== "account") throw new Refusal("account_required");
  return principal;
}
