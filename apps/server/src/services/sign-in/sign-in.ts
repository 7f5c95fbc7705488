import type { Caller } from "../caller.ts";
import type { HandoffReply, SignInRequest } from "../handoffs.ts";

export interface SignIn {
  /**
   * Runs a method and answers a handoff.
   *
   * @throws {Refusal} `rate_limited`, `wrong_credentials`, `invalid_client`, `origin_refused`, `busy`; `not_found` without
   * such a method
   */
  run(method: string, input: unknown, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}
