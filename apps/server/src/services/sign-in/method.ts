import { Refusal } from "@countersign/tokens";
import type { Caller } from "../caller.ts";

/** Who somebody is, and how that was shown (RFC 8176). */
export interface Proof {
  /** Account id. */
  readonly account: string;
  readonly amr: readonly string[];
  readonly acr: "1fa" | "2fa";
}

/** A way to prove who one is. It proves, and nothing else: tokens come from `sessions.ts` alone. */
export interface SignInMethod {
  readonly name: string;
  /**
   * The account that the input names, as one text however it is spelt; attempts at it are then limited from everywhere,
   * and not only by address. Runs before `prove`. `undefined` where it names none.
   */
  subject?(input: unknown): string | undefined;
  /**
   * Does not check: that the account may sign in; its caller does.
   *
   * @throws {Refusal} `wrong_credentials`, the same for everything that is wrong with them
   */
  prove(input: unknown, caller: Caller): Promise<Proof>;
}

/** `wrong_credentials`, with what only the audit hears: why, and at which account, where there is one. */
export function wrongCredentials(why: string, account?: string): Refusal {
  return new Refusal("wrong_credentials", { detail: why, ...(account === undefined ? {} : { cause: { account } }) });
}

/** The account that `wrongCredentials` named. */
export function accountTried(refusal: Refusal): string | undefined {
  const { cause } = refusal;
  const named = typeof cause === "object" && cause !== null && "account" in cause ? cause.account : undefined;
  return typeof named === "string" ? named : undefined;
}
