/**
 * Every public error code there is. A refusal reaches a client as its reason and nothing else; what each one means for
 * the reply (status, challenge) is the guard's table, what a client does about it is the client's.
 */
export const reasons = [
  // Credentials of a call (RFC 6750 §3.1, RFC 9470 §3)
  "no_token",
  "malformed_credentials",
  "token_invalid",
  "token_expired",
  "token_stale",
  "unknown_key",
  "session_ended",
  "not_permitted",
  "account_required",
  "step_up_required",
  // Proofs of possession (RFC 9449 §7.1, §8)
  "key_mismatch",
  "proof_invalid",
  "use_dpop_nonce",
  // Grants (RFC 6749 §5.2, RFC 8707 §2)
  "invalid_grant",
  "invalid_client",
  "invalid_target",
  "invalid_code",
  "wrong_credentials",
  // Not now: the same request may succeed later
  "busy",
  "rate_limited",
  "unavailable",
  "revocation_unknown",
  "clock_skew",
  // The request itself
  "bad_request",
  "batch_refused",
  "origin_refused",
  "not_found",
  "method_not_allowed",
  "too_large",
  "unsupported_media_type",
  "tls_required",
  // The issuer's rules
  "password_unsuitable",
  "sign_up_closed",
  "conflict",
  "last_administrator",
  "internal",
] as const;

/** A public error code: the closed union of everything that can be refused. */
export type Reason = (typeof reasons)[number];

export interface RefusalOptions {
  /** Why, for the log: never sent to anyone. Must not hold a token, a secret or a password. */
  readonly detail?: string;
  /** What went wrong underneath: kept, logged, never sent. */
  readonly cause?: unknown;
  /** Seconds until a repetition makes sense; becomes `Retry-After`. */
  readonly retryAfter?: number;
  /** For `step_up_required`: the greatest age of the sign-in in seconds (RFC 9470 §3, `max_age`). */
  readonly maxAge?: number;
  /** For `use_dpop_nonce`: what the next proof has to hold (RFC 9449 §8); becomes `DPoP-Nonce`. */
  readonly nonce?: string;
}

/** What every copy of the class below knows its kind by. */
const kind = Symbol.for("@countersign/tokens Refusal");

/**
 * The one error class: something was refused, for a reason that may be told.
 *
 * There may be several copies of it in a process, since a bundler puts one into each of its bundles: `instanceof` holds
 * across them, so that a guard understands the verifier of an issuer that was not bundled with it.
 *
 * `message` is the reason, so that nothing private can leak by being printed; `detail` and `cause` are for the log.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: Reason;
  readonly detail: string | undefined;
  readonly retryAfter: number | undefined;
  readonly maxAge: number | undefined;
  readonly nonce: string | undefined;

  constructor(reason: Reason, options: RefusalOptions = {}) {
    super(reason, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
    this.maxAge = options.maxAge;
    this.nonce = options.nonce;
  }

  static {
    Object.defineProperty(Refusal.prototype, kind, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): value is Refusal {
    return typeof value === "object" && value !== null && kind in value;
  }
}

/** Whether a string, from the network for example, is one of our reasons. */
export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && (reasons as readonly string[]).includes(value);
}
