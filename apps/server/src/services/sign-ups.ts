import type { Caller } from "./caller.ts";
import type { HandoffReply, SignInRequest } from "./handoffs.ts";

export interface SignUpInput {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  /** Secret of an invitation. */
  readonly invitation?: string | undefined;
}

export interface SignUps {
  /**
   * Makes an account, as far as the installation lets people in.
   *
   * @throws {Refusal} `sign_up_closed`, `invalid_code` (the invitation), `password_unsuitable`, `conflict`
   */
  signUp(input: SignUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}
