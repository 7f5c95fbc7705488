import type { Caller } from "./caller.ts";
import type { HandoffReply, SignInRequest } from "./handoffs.ts";

export interface SetUpInput {
  readonly secret: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** The way in for the first administrator. */
export interface SetUp {
  /** A fresh link in place of any earlier one, good for 24 hours; `undefined` when there is an administrator. */
  link(): Promise<string | undefined>;
  /**
   * Makes the first administrator, once.
   *
   * @throws {Refusal} `invalid_code` for a secret that is wrong, used, expired or no longer needed; `password_unsuitable`
   */
  redeem(input: SetUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}
