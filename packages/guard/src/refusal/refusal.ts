import { type Reason, Refusal } from "@countersign/tokens";
import { type TRPC_ERROR_CODE_KEY, TRPCError } from "@trpc/server";

/** What a refusal becomes on the wire. */
export interface RefusalRow {
  readonly code: TRPC_ERROR_CODE_KEY;
  /** The HTTP status, the one that tRPC gives the code. */
  readonly status: number;
  /**
   * The error of the `WWW-Authenticate` challenge (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3): `""` for a challenge without one, because
   * no credentials came; `null` for no challenge, because other credentials would change nothing.
   */
  readonly challenge: ChallengeError | null;
}

export type ChallengeError =
  | ""
  | "invalid_request"
  | "invalid_token"
  | "insufficient_scope"
  | "insufficient_user_authentication"
  | "invalid_dpop_proof"
  | "use_dpop_nonce";

const row = (code: TRPC_ERROR_CODE_KEY, status: number, challenge: ChallengeError | null = null): RefusalRow =>
  Object.freeze({ code, status, challenge });

/** Every reason, and what it answers. Grants are refused as RFC 6749 §5.2 asks: 400. */
export const refusals: Readonly<Record<Reason, RefusalRow>> = Object.freeze({
  no_token: row("UNAUTHORIZED", 401, ""),
  malformed_credentials: row("BAD_REQUEST", 400, "invalid_request"),
  token_invalid: row("UNAUTHORIZED", 401, "invalid_token"),
  token_expired: row("UNAUTHORIZED", 401, "invalid_token"),
  token_stale: row("UNAUTHORIZED", 401, "invalid_token"),
  unknown_key: row("UNAUTHORIZED", 401, "invalid_token"),
  session_ended: row("UNAUTHORIZED", 401, "invalid_token"),
  not_permitted: row("FORBIDDEN", 403, "insufficient_scope"),
  account_required: row("FORBIDDEN", 403),
  step_up_required: row("UNAUTHORIZED", 401, "insufficient_user_authentication"),
  key_mismatch: row("UNAUTHORIZED", 401, "invalid_token"),
  proof_invalid: row("UNAUTHORIZED", 401, "invalid_dpop_proof"),
  use_dpop_nonce: row("UNAUTHORIZED", 401, "use_dpop_nonce"),

  invalid_grant: row("BAD_REQUEST", 400),
  invalid_client: row("BAD_REQUEST", 400),
  invalid_target: row("BAD_REQUEST", 400),
  invalid_code: row("BAD_REQUEST", 400),
  wrong_credentials: row("BAD_REQUEST", 400),

  busy: row("SERVICE_UNAVAILABLE", 503),
  rate_limited: row("TOO_MANY_REQUESTS", 429),
  unavailable: row("SERVICE_UNAVAILABLE", 503),
  revocation_unknown: row("SERVICE_UNAVAILABLE", 503),
  clock_skew: row("SERVICE_UNAVAILABLE", 503),

  bad_request: row("BAD_REQUEST", 400),
  batch_refused: row("BAD_REQUEST", 400),
  origin_refused: row("FORBIDDEN", 403),
  not_found: row("NOT_FOUND", 404),
  method_not_allowed: row("METHOD_NOT_SUPPORTED", 405),
  too_large: row("PAYLOAD_TOO_LARGE", 413),
  unsupported_media_type: row("UNSUPPORTED_MEDIA_TYPE", 415),
  tls_required: row("FORBIDDEN", 403),

  password_unsuitable: row("UNPROCESSABLE_CONTENT", 422),
  sign_up_closed: row("FORBIDDEN", 403),
  conflict: row("CONFLICT", 409),
  last_administrator: row("CONFLICT", 409),
  internal: row("INTERNAL_SERVER_ERROR", 500),
});

/** A refusal as tRPC throws it: its message is the reason, its cause the refusal, and it has no stack to send. */
export function trpcErrorOf(refusal: Refusal): TRPCError {
  return withoutStack(refusal, TRPCError);
}

/**
 * The same of a class of errors. In development tRPC sends an error's stack. A refusal is no bug, and its cause keeps a
 * stack for the log; so none is taken here, which is most of what an error costs.
 */
export function withoutStack<E extends TRPCError>(
  refusal: Refusal,
  Class: new (options: ConstructorParameters<typeof TRPCError>[0]) => E,
): E {
  const { stackTraceLimit } = Error;
  // Where it cannot be set, errors only cost more.
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    const error = new Class({ code: refusals[refusal.reason].code, message: refusal.reason, cause: refusal });
    Object.defineProperty(error, "stack", { value: undefined, configurable: true, writable: true });
    return error;
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/** The refusal behind an error, `undefined` where something else went wrong. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  return error instanceof TRPCError && error.cause instanceof Refusal ? error.cause : undefined;
}
