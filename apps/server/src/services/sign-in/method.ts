import { Refusal } from "@countersign/tokens";
import type { z } from "zod";
import type { Caller } from "../caller.ts";

/**
 * Who somebody is, and how that was shown (RFC 8176): an account by its id, or by its e-mail address. An address counts as
 * much as a password, so it must be one that the method itself has proved. What was proved of one version of an account, its
 * password, holds for no other.
 */
export type Proof = (
  | { readonly account: string; readonly version?: number | undefined }
  | { readonly email: string }
) & {
  readonly amr: readonly string[];
  readonly acr: "1fa" | "2fa";
};

/**
 * A way to prove who one is. It proves, and nothing else: limits, audit and the accounts' own state are seen to around it,
 * and tokens come from `sessions/` alone.
 */
export interface SignInMethod<Name extends string = string, Input extends z.ZodType = z.ZodType> {
  /** Letters, digits and dashes. */
  readonly name: Name;
  /** What it takes, as a schema. What does not fit is `bad_request` before anything is tried. */
  readonly input: Input;
  /**
   * Whom an input is about, in one spelling: attempts at it are limited before `prove` is asked. Left out, or `undefined`,
   * where an input names nobody that could be guessed at, such as the code of another identity provider.
   */
  subject?(input: z.output<Input>): string | undefined;
  /**
   * Does not check: that there is such an account and that it may sign in; its caller does.
   *
   * @throws {Refusal} `wrongCredentials(…)`, the same for everything that is wrong with them, at the same cost
   */
  prove(input: z.output<Input>, caller: Caller): Promise<Proof>;
}

/** A method with its types: `createIssuer({ signIn: [badge] })`, and in the SDK `signIn.with<typeof badge>("badge", …)`. */
export function defineSignInMethod<const Name extends string, Input extends z.ZodType>(
  method: SignInMethod<Name, Input>,
): SignInMethod<Name, Input> {
  return method;
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
