import { type Reason, Refusal } from "@countersign/tokens";
import { claimedSession } from "./claimed-session.ts";

/**
 * So many checks may fail a second. On a server with one core each takes some 0.7 ms of it from the calls, and takes it at
 * once: signatures are checked in threads of their own, which push the calls aside. The slowest calls feel that long before
 * the core is full.
 */
export const FAILURES_PER_S = 60;
/** So many may run or have failed at one moment. */
export const MOST_UNPROVEN = 100;
const RETRY_AFTER_S = 1;

/** Refused before a signature was looked at. */
const uncosted: ReadonlySet<Reason> = new Set<Reason>([
  "unknown_key",
  "unavailable",
  "revocation_unknown",
  "clock_skew",
]);

export interface CheckBudget {
  /**
   * Checks a token that nothing is known about.
   *
   * @throws {Refusal} `busy` where too many checks have failed lately; whatever `check` throws.
   */
  spend<T>(token: string, check: (token: string) => Promise<T>): Promise<T>;
  /** Whether `spend` checks no token now but a recommended one. */
  isSpent(): boolean;
  /** What `spend` would throw of this token before its check, the same object each time. */
  sendsAway(token: string): Refusal | undefined;
}

/**
 * Bounds what forged tokens can cost. A signature is dear to check and free to forge, and nothing but the check tells the
 * two apart; so checks that fail draw on a budget, those that succeed cost nothing, and when it is used up tokens are sent
 * away unchecked, to come again.
 *
 * Whoever was here before does not stand in that line: a token that names a session of which a genuine one was seen is
 * checked at once, one at a time. Where that fails, the session is nobody's recommendation any more, so a forger who
 * knows one gains a single check.
 */
export function createCheckBudget({
  capacity,
  now,
}: {
  /** How many sessions are remembered. */
  readonly capacity: number;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}): CheckBudget {
  const sessions = new Set<string>();
  // One for all: it says nothing of the token, and a flood is refused as cheaply as can be.
  const busy = new Refusal("busy", { detail: "too many tokens that turned out forged", retryAfter: RETRY_AFTER_S });
  let left = MOST_UNPROVEN;
  let countedAt = now();

  function isSpent(): boolean {
    refill();
    return left < 1;
  }

  function refill(): void {
    const moment = now();
    // A clock that was set back gives nothing, and takes nothing.
    const elapsed = Math.max(0, moment - countedAt);
    left = Math.min(MOST_UNPROVEN, left + (elapsed * FAILURES_PER_S) / 1000);
    countedAt = moment;
  }

  /** What this check costs if it fails. @throws {Refusal} `busy` */
  function reserve(token: string): number {
    if (!isSpent()) {
      left -= 1;
      return 1;
    }
    const session = recommended(token);
    if (session === undefined) throw busy;
    sessions.delete(session);
    return 0;
  }

  /** The session that the token names, if a genuine one of it was seen. */
  function recommended(token: string): string | undefined {
    const session = claimedSession(token);
    return session !== undefined && sessions.has(session) ? session : undefined;
  }

  function giveBack(cost: number): void {
    left = Math.min(MOST_UNPROVEN, left + cost);
  }

  function recommend(token: string): void {
    const session = claimedSession(token);
    if (session === undefined) return;
    sessions.delete(session);
    sessions.add(session);
    const [oldest] = sessions;
    if (sessions.size > capacity && oldest !== undefined) sessions.delete(oldest);
  }

  return {
    async spend(token, check) {
      const cost = reserve(token);
      try {
        const result = await check(token);
        giveBack(cost);
        recommend(token);
        return result;
      } catch (cause) {
        if (cause instanceof Refusal && uncosted.has(cause.reason)) {
          giveBack(cost);
          if (cost === 0) recommend(token);
        }
        throw cause;
      }
    },
    isSpent,
    sendsAway: (token) => (isSpent() && recommended(token) === undefined ? busy : undefined),
  };
}
