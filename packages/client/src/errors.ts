import { isKnownReason } from "./actions.ts";
import type { Reason } from "./api.ts";
import { fieldOf } from "./field-of.ts";

/** Why something failed: the server's reason, no answer from it, or an answer that says no reason. */
export type ClientReason = Reason | "network" | "unknown";

export interface ClientErrorOptions {
  /** What went wrong underneath. Never holds a token. */
  readonly cause?: unknown;
  /** Seconds until a repetition makes sense. */
  readonly retryAfter?: number | undefined;
  /** The HTTP status that the server answered with, if it answered. */
  readonly status?: number | undefined;
}

/** What the session itself throws. Calls throw tRPC's own `TRPCClientError`; `reasonOf` reads both. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly reason: ClientReason;
  readonly retryAfter: number | undefined;
  readonly status: number | undefined;

  constructor(reason: ClientReason, options: ClientErrorOptions = {}) {
    super(reason, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}

/** What `TRPCClientError` has, whichever copy of @trpc/client made it. */
interface CallError extends Error {
  readonly data: unknown;
  readonly shape: unknown;
  readonly meta?: unknown;
}

/**
 * Why something failed, whoever threw it: the server's reason where it gave one that this client knows, `network` where no
 * answer came and where a part of the SDK could not be loaded, `unknown` for everything else. An error that a procedure threw
 * by itself has no reason of ours: `unknown`.
 */
export function reasonOf(error: unknown): ClientReason {
  if (error instanceof ClientError) return error.reason;
  if (!isCallError(error)) return "unknown";
  const reason = toldReasonOf(error);
  if (reason) return reason;
  if (error.shape !== undefined && error.shape !== null) return "unknown";
  if (error.cause instanceof ClientError) return error.cause.reason;
  return isNoNetworkError(error.cause) ? "unknown" : "network";
}

/** What the guard says about a call that it refused before it ran; `undefined` for everything else that went wrong. */
export function guardRefusalOf(error: unknown): Reason | undefined {
  return toldOf(error, "ran") === false ? toldReasonOf(error) : undefined;
}

/** The reason that a server gave, whether or not the call ran: an open stream ends with one that has. */
export function toldReasonOf(error: unknown): Reason | undefined {
  const reason = toldOf(error, "reason");
  return isKnownReason(reason) ? reason : undefined;
}

/** How old the sign-in may be, in seconds, where a refused call says it. */
export function maxAgeOf(error: unknown): number | undefined {
  const maxAge = toldOf(error, "maxAge");
  return typeof maxAge === "number" ? maxAge : undefined;
}

/** Seconds until a repetition makes sense, where a refused call says it. */
export function retryAfterOf(error: unknown): number | undefined {
  const retryAfter = toldOf(error, "retryAfter");
  return typeof retryAfter === "number" ? retryAfter : undefined;
}

/** The nonce that a refused proof has to hold. */
export function nonceOf(error: unknown): string | undefined {
  const nonce = toldOf(error, "nonce");
  return typeof nonce === "string" ? nonce : undefined;
}

/** The response that a call failed with, where tRPC's link tells. */
export function responseOf(error: unknown): unknown {
  return isCallError(error) ? fieldOf(error.meta, "response") : undefined;
}

function isCallError(error: unknown): error is CallError {
  return error instanceof Error && error.name === "TRPCClientError" && "data" in error && "shape" in error;
}

/** What a server says about a call that failed. */
function toldOf(error: unknown, name: string): unknown {
  return isCallError(error) ? fieldOf(error.data, name) : undefined;
}

/** An answer that is no JSON, or a call that its caller gave up. */
function isNoNetworkError(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === "SyntaxError" || cause.name === "AbortError");
}
