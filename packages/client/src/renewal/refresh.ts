import { actions, isKnownReason } from "../actions.ts";
import type { Reason, SessionReply } from "../api.ts";
import { ClientError, type ClientReason } from "../errors.ts";
import { fieldOf } from "../field-of.ts";
import type { Mode } from "../mode.ts";
import { isSessionReply } from "../session/session-record.ts";
import type { Answer } from "./ask.ts";

/** What an answer to `/session/start` or `/session/refresh` means. */
export type Outcome =
  | { readonly kind: "renewed"; readonly reply: SessionReply }
  /** The grant is no good and never will be. */
  | { readonly kind: "rejected"; readonly error: ClientError }
  /** Asked wrongly: asking the same again changes nothing, and the session is what it was. */
  | { readonly kind: "refused"; readonly reason: Reason; readonly error: ClientError }
  /** Not now. The session is what it was. `seconds`: what the server asked for, if it did. */
  | { readonly kind: "wait"; readonly seconds: number | undefined; readonly error: ClientError }
  /** No answer: the server may have renewed the session or not, and asking again is right either way. */
  | { readonly kind: "network"; readonly error: ClientError };

/**
 * Judges an answer. Only the server's own word ends a session: `invalid_grant`, or `key_mismatch` where the key
 * that it is bound to is lost, in JSON with a status of 4xx. What a proxy
 * says in its stead, an error of the server's, or a page of somebody else's, keeps it.
 */
export function judgeRefresh(answer: Answer, mode: Mode["mode"]): Outcome {
  if ("error" in answer) return { kind: "network", error: new ClientError("network", { cause: answer.error }) };
  const { status, body, retryAfter } = answer;
  if (status === 200 && isSessionReply(body, mode)) return { kind: "renewed", reply: body };
  const reason = reasonIn(body);
  const isFinal = reason !== undefined && actions[reason] !== "wait" && status >= 400 && status < 500;
  if (!isFinal) {
    const error = new ClientError(reason ?? guess(status), { status, retryAfter });
    return { kind: "wait", seconds: retryAfter, error };
  }
  const error = new ClientError(reason, { status, retryAfter });
  return reason === "invalid_grant" || reason === "key_mismatch"
    ? { kind: "rejected", error }
    : { kind: "refused", reason, error };
}

/** Whether the server was not there to say anything: where it asks to come later, it was. */
export function isAway({ kind, error }: Exclude<Outcome, { readonly kind: "renewed" }>): boolean {
  if (kind === "network") return true;
  return kind === "wait" && error.reason !== "busy" && error.reason !== "rate_limited";
}

function reasonIn(body: unknown): Reason | undefined {
  const reason = fieldOf(body, "error");
  return isKnownReason(reason) ? reason : undefined;
}

/** What to call an answer that gives no reason. It only names it: nothing is done because of it. */
function guess(status: number): ClientReason {
  return status === 429 || status >= 500 ? "unavailable" : "unknown";
}
