import { FACT_LIFE_MS } from "@countersign/tokens";
import type { Store } from "../../store/store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Ended sessions are kept so long for their owner to see what became of them. */
const ENDED_MS = 30 * DAY_MS;

/** Deletes what can no longer matter. Safe to run from several instances at once. */
export async function prune(store: Store): Promise<void> {
  const now = await store.now();
  await store.handoffs.prune(now);
  await store.proofs.prune(now);
  await store.invitations.prune(now);
  await store.attempts.prune(now);
  await store.instances.prune(now - DAY_MS);
  await store.revocations.prune(now - FACT_LIFE_MS);
  await store.sessions.prune(now - ENDED_MS);
}
