import type { Guard, GuardTypes } from "../guard-types.ts";
import type { Subject } from "../verify/verifier.ts";

// Part of the testing entry: see testing.ts.

/** An account that a test calls as. What is left out is what an ordinary sign-in of a moment ago would say. */
export interface AccountCaller<P extends string = string> {
  readonly account: string;
  readonly service?: undefined;
  readonly permissions?: readonly P[];
  /** `test` by default. */
  readonly client?: string;
  /** `session-of-<account>` by default. */
  readonly session?: string;
  readonly org?: string;
  /** The installation's own claims, read by the guard's `claims` schema as those of a token are. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** When the person signed in, in seconds since the epoch; now by default. */
  readonly authTime?: number;
  /** `["pwd"]` by default. */
  readonly amr?: readonly string[];
  /** `1fa` by default. */
  readonly acr?: "1fa" | "2fa";
}

/** A program that a test calls as. */
export interface ServiceCaller<P extends string = string> {
  readonly service: string;
  readonly account?: undefined;
  readonly permissions?: readonly P[];
}

export type Caller<P extends string = string> = AccountCaller<P> | ServiceCaller<P>;

/** A guard's permissions, from `typeof guard`; any text where no guard is named. */
export type PermissionOf<G> = G extends Guard<infer T extends GuardTypes> ? T["permission"] : string;

/**
 * Who a caller is, whole. `now` is in milliseconds.
 *
 * @throws {TypeError} for somebody without a name.
 */
export function subjectOf(caller: Caller, now: number): Subject {
  const id = caller.account ?? caller.service;
  if (typeof id !== "string" || id === "") throw new TypeError("account, service: whoever calls needs a name");
  const permissions = [...(caller.permissions ?? [])];
  if (caller.account === undefined) return { kind: "service", id, client: id, permissions };
  const { client = "test", session = `session-of-${id}`, org = null, amr = ["pwd"], acr = "1fa" } = caller;
  const { authTime = Math.floor(now / 1000), claims = {} } = caller;
  return {
    kind: "account",
    id,
    client,
    permissions,
    session,
    org,
    authTime,
    amr,
    acr,
    claims: structuredClone(claims),
  };
}
