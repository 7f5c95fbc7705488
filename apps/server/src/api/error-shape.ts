import { type RefusalRow, refusals } from "@countersign/guard";
import { type Reason, Refusal } from "@countersign/tokens";
import type { TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";

/** What goes out for an error: fixed words only. Nothing of the request, no message of a library, no stack. */
export interface ErrorShape {
  /** The reason again. */
  readonly message: Reason;
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly data: {
    readonly code: TRPC_ERROR_CODE_KEY;
    readonly httpStatus: number;
    readonly reason: Reason;
    /** Seconds. */
    readonly retryAfter?: number;
  };
}

/** What tRPC itself refuses, in our words. Everything that is not here is a failure of ours. */
const refusedByTrpc: Partial<Record<TRPC_ERROR_CODE_KEY, Reason>> = {
  PARSE_ERROR: "bad_request",
  BAD_REQUEST: "bad_request",
  NOT_FOUND: "not_found",
  METHOD_NOT_SUPPORTED: "method_not_allowed",
  PAYLOAD_TOO_LARGE: "too_large",
  UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
};

/** The public part of any error that leaves the router. */
export function shapeOf(error: TRPCError): ErrorShape {
  const refusal = error.cause instanceof Refusal ? error.cause : undefined;
  const reason = refusal?.reason ?? refusedByTrpc[error.code] ?? "internal";
  const { code, status }: RefusalRow = refusals[reason];
  const retryAfter = refusal?.retryAfter;
  return {
    message: reason,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: { code, httpStatus: status, reason, ...(retryAfter === undefined ? {} : { retryAfter }) },
  };
}
