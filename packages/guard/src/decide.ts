import { Refusal } from "@countersign/tokens";
import { type AtOnce, goOn } from "./at-once.ts";
import { notPermitted } from "./challenge.ts";
import type { Facts } from "./facts.ts";
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
