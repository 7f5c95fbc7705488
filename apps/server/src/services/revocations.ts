import { type AccessToken, Refusal, RevocationSet } from "@countersign/tokens";
import type { Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";

/** Knowledge older than this judges nothing, in milliseconds. */
export const STALE_MS = 60_000;

/** What is dead, as this process knows it: its own facts at once, those of others by reading the table. */
export interface Revocations {
  /**
   * Why a verified token is dead, or `undefined` while it lives.
   *
   * @throws {Refusal} `revocation_unknown` where the table could not be read for too long
   */
  judge(token: AccessToken): "session_ended" | "token_stale" | undefined;
  /** @throws {Refusal} `revocation_unknown` */
  assertFresh(): void;
  /** Reads what is new in the table. */
  poll(): Promise<void>;
  /** Stops listening. */
  close(): void;
}

/** Reads every fact that is kept, then listens. */
export async function openRevocations({ store, clock }: { store: Store; clock: Clock }): Promise<Revocations> {
  const set = new RevocationSet();
  let cursor = 0;
  let knownAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  const read = async () => {
    const asked = clock.now();
    // Own facts do not move the cursor: a smaller number of another instance may not have been read yet.
    const facts = await store.revocations.since(cursor);
    for (const { number, fact } of facts) {
      set.add(fact, clock.now());
      cursor = Math.max(cursor, number);
    }
    set.prune(clock.now());
    knownAt = Math.max(knownAt, asked);
  };
  const poll = () => {
    running ??= read().finally(() => {
      running = undefined;
    });
    return running;
  };
  const assertFresh = () => {
    if (clock.now() - knownAt <= STALE_MS) return;
    // Asks at once: where only the clock jumped, the next call is judged again. A failure is the poll's to report.
    poll().catch(() => undefined);
    throw new Refusal("revocation_unknown", { retryAfter: 1 });
  };

  const stop = store.onFacts((facts) => {
    for (const { fact } of facts) set.add(fact, clock.now());
  });
  await poll();

  return {
    judge: ({ kid, claims }) => {
      const dead = set.judge(kid, claims);
      // What is known to be dead stays dead, however old the rest of the knowledge is.
      if (!dead) assertFresh();
      return dead;
    },
    assertFresh,
    poll,
    close: stop,
  };
}
