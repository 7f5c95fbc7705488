import { Refusal } from "@countersign/tokens";
import type { FeedKnowledge } from "./feed-knowledge.ts";

/** How far this machine's clock may be off, in milliseconds: so far it is put right, further it decides nothing. */
const MAX_SKEW_MS = 60_000;

/**
 * Answers for one moment: whether what is known of revocations is young enough, and whether the clock may decide.
 *
 * @throws {Refusal} `revocation_unknown` for older knowledge or none, unless it is to be trusted; `clock_skew`.
 */
export function assertKnown(
  { knownAt, offset }: Pick<FeedKnowledge, "knownAt" | "offset">,
  { now, maxAge, trust, failure }: { now: number; maxAge: number; trust: boolean; failure: unknown },
): void {
  if (!isYoung(knownAt, now, maxAge) && !trust) {
    const detail = knownAt === undefined ? "nothing is known of revocations yet" : "the revocation feed is silent";
    throw new Refusal("revocation_unknown", { detail, cause: failure, retryAfter: 5 });
  }
  if (!(Math.abs(offset) <= MAX_SKEW_MS)) {
    const detail = `this machine's clock is ${Math.round(-offset / 1000)} s ahead of the issuer's`;
    throw new Refusal("clock_skew", { detail, retryAfter: 30 });
  }
}

/** Only distances count: a clock that was set back must not make old knowledge young. */
export function isYoung(knownAt: number | undefined, now: number, maxAge: number): boolean {
  return knownAt !== undefined && Math.abs(now - knownAt) <= maxAge;
}
