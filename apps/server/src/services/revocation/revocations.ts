import { type AccessToken, Refusal, RevocationSet } from "@countersign/tokens";
import type { NumberedFact } from "../../store/store.ts";
import type { Clock } from "../clock.ts";
import type { FactLog } from "./fact-log.ts";

/** Knowledge older than this judges nothing, in milliseconds. */
export const STALE_MS = 60_000;

/** What is dead, as this process knows it. */
export interface Revocations {
  /**
   * Why a verified token is dead, or `undefined` while it lives.
   *
   * @throws {Refusal} `revocation_unknown` where the table could not be read for too long
   */
  judge(token: AccessToken): "session_ended" | "token_stale" | undefined;
  /** @throws {Refusal} `revocation_unknown` */
  assertFresh(): void;
}

/** Knows what the log holds, and hears of what comes. */
export function createRevocations({ facts, clock }: { facts: FactLog; clock: Clock }): Revocations {
  const set = new RevocationSet();
  const learn = (news: readonly NumberedFact[]) => {
    // Kept by the later of two clocks, and forgotten by the database's alone: this machine's may jump.
    const now = Math.max(facts.tableTime, clock.now());
    for (const { fact } of news) set.add(fact, now, facts.tableTime);
    set.prune(facts.tableTime);
  };
  learn(facts.window.after(0));
  facts.listen(learn);

  const assertFresh = () => {
    // Only distances count: a clock that was set back must not make old knowledge young.
    if (Math.abs(clock.now() - facts.readAt) <= STALE_MS) return;
    // Asks at once: where only the clock jumped, the next call is judged again. A failure is the poll's to report.
    facts.poll().catch(() => undefined);
    throw new Refusal("revocation_unknown", { retryAfter: 1 });
  };

  return {
    judge: ({ kid, claims }) => {
      const dead = set.judge(kid, claims);
      // What is known to be dead stays dead, however old the rest of the knowledge is.
      if (!dead) assertFresh();
      return dead;
    },
    assertFresh,
  };
}
