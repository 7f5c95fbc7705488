import type { Reason } from "./api.ts";

/** What the client does about a refusal. */
export type Action =
  /** Renews the access token once and repeats the call that was refused. */
  | "refresh"
  /** Is signed out from now on. */
  | "sign-out"
  /** Asks the app to have its user prove again who they are, and repeats the call. */
  | "step-up"
  /** Keeps the session; the app may repeat after `retryAfter`. */
  | "wait"
  /** Makes another proof of possession. */
  | "prove-again"
  /** Needs a new sign-in: the key is lost. */
  | "sign-in"
  /** Nothing: repeating changes nothing. */
  | "final";

/** Every reason, and what the client does about it. Never by a status alone. */
export const actions: Readonly<Record<Reason, Action>> = Object.freeze({
  no_token: "final",
  malformed_credentials: "final",
  token_invalid: "final",
  token_expired: "refresh",
  token_stale: "refresh",
  unknown_key: "refresh",
  session_ended: "sign-out",
  not_permitted: "final",
  account_required: "final",
  step_up_required: "step-up",
  key_mismatch: "sign-in",
  proof_invalid: "final",
  use_dpop_nonce: "prove-again",

  // On a refresh. Anywhere else it is somebody's handoff that was no good.
  invalid_grant: "sign-out",
  invalid_client: "final",
  invalid_target: "final",
  invalid_code: "final",
  wrong_credentials: "final",

  busy: "wait",
  rate_limited: "wait",
  unavailable: "wait",
  revocation_unknown: "wait",
  clock_skew: "wait",

  bad_request: "final",
  batch_refused: "final",
  origin_refused: "final",
  not_found: "final",
  method_not_allowed: "final",
  too_large: "final",
  unsupported_media_type: "final",
  tls_required: "final",

  password_unsuitable: "final",
  sign_up_closed: "final",
  conflict: "final",
  last_administrator: "final",
  internal: "final",
});

/** Whether a string is a reason that this client knows. What a newer server says beyond these is final. */
export function isKnownReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(actions, value);
}
