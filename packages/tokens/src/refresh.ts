import type { Reason } from "./errors.ts";

/**
 * How long the token before the newest is answered without any mark, in milliseconds; fixed, never sliding. For as long the
 * newest one is not rotated either: so what was newest 10 seconds ago is never older than the last but one, and a request
 * that others overtook on its way ends no session.
 */
export const GRACE_MS = 10_000;

/** So many generations in a row whose predecessor came back late end an unbound session as reuse. */
export const LATE_STREAK_LIMIT = 3;

/** What the database knows of a session's refresh chain. Times are database time in milliseconds. */
export interface RefreshState {
  readonly gen: number;
  readonly genAt: number;
  /** Whether the predecessor of this generation came back after the grace. */
  readonly late: boolean;
  /** Generations in a row whose predecessor came back late. */
  readonly streak: number;
  readonly clientId: string;
  /** Thumbprint of the key that every refresh must prove; `null` for an unbound session. */
  readonly jkt: string | null;
  readonly idleEnd: number;
  readonly absEnd: number;
  readonly endedAt: number | null;
}

/** What an authentic refresh token and its request say. */
export interface PresentedRefresh {
  readonly gen: number;
  readonly clientId: string;
  /** Thumbprint of the key that signed the request's proof; `null` without one. */
  readonly jkt: string | null;
}

/**
 * What to do about a refresh.
 * - `rotate`: write these values where `gen` is still the presented one and the session has not ended; answer the successor.
 * - `repeat`: answer the generation that the session already has. `mark`, if any, is written first, where `gen` is unchanged.
 * - `end`: end the session for this cause, revoke its tokens, write the audit record.
 * - `refuse`: change nothing but the audit.
 */
export type RefreshVerdict =
  | { readonly act: "rotate"; readonly gen: number; readonly streak: number }
  | { readonly act: "repeat"; readonly gen: number; readonly mark?: { readonly streak: number } }
  | { readonly act: "end"; readonly cause: "reuse" | "refresh_ahead" }
  | {
      readonly act: "refuse";
      readonly reason: Extract<Reason, "invalid_grant" | "key_mismatch">;
      readonly cause: string;
    };

/**
 * Judges a presented refresh token against its session: the rule that lets a lost reply end no session, and a theft end
 * one (RFC 9700 §4.14.2). Pure: the caller authenticated the token and carries the verdict out.
 */
export function judgeRefresh(state: RefreshState, presented: PresentedRefresh, now: number): RefreshVerdict {
  if (presented.clientId !== state.clientId) return refuse("invalid_grant", "wrong_client");
  if (presented.jkt !== state.jkt)
    return refuse("key_mismatch", state.jkt === null ? "unexpected_proof" : "wrong_proof");
  if (state.endedAt !== null) return refuse("invalid_grant", "ended");
  if (now >= state.idleEnd || now >= state.absEnd) return refuse("invalid_grant", "expired");
  if (presented.gen > state.gen) return { act: "end", cause: "refresh_ahead" };
  if (presented.gen < state.gen - 1) return { act: "end", cause: "reuse" };
  // The first generation has no predecessor that may be on its way still.
  if (state.gen > 0 && now < state.genAt + GRACE_MS) return { act: "repeat", gen: state.gen };
  if (presented.gen === state.gen) return { act: "rotate", gen: state.gen + 1, streak: state.late ? state.streak : 0 };
  if (state.jkt !== null || state.late) return { act: "repeat", gen: state.gen };
  const streak = state.streak + 1;
  return streak >= LATE_STREAK_LIMIT
    ? { act: "end", cause: "reuse" }
    : { act: "repeat", gen: state.gen, mark: { streak } };
}

function refuse(reason: "invalid_grant" | "key_mismatch", cause: string): RefreshVerdict {
  return { act: "refuse", reason, cause };
}
