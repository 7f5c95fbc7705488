import type { NumberedFact, Store } from "../../store/store.ts";
import type { Clock } from "../clock.ts";
import { FactWindow } from "./fact-window.ts";

/** Hears of facts, some more than once, and with none of them that the table was read, or could not be. */
type FactListener = (facts: readonly NumberedFact[]) => void;

/** The facts, as this process knows them: its own at once, those of others by reading the table. */
export interface FactLog {
  readonly window: FactWindow;
  /** When the reading began that succeeded last, in milliseconds. */
  readonly readAt: number;
  /** What the database's clock showed at that reading, in milliseconds: by it facts are forgotten. */
  readonly tableTime: number;
  /** Reads what is new in the table, or joins who is reading. */
  poll(): Promise<void>;
  /** The same by a reading that begins after now, so that it finds whatever has been committed by now. */
  refresh(): Promise<void>;
  /** Answers how to stop. */
  listen(listener: FactListener): () => void;
  /** Stops listening to the database. */
  close(): void;
}

/** Reads every fact that is kept, then listens. */
export async function openFactLog({ store, clock }: { store: Store; clock: Clock }): Promise<FactLog> {
  const window = new FactWindow();
  const listeners = new Set<FactListener>();
  let readAt = Number.NEGATIVE_INFINITY;
  // This machine's clock may jump and be put right: what was forgotten by it would not come again.
  let tableTime = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const tell = (facts: readonly NumberedFact[]) => {
    for (const listener of listeners) listener(facts);
  };
  const read = async (): Promise<readonly NumberedFact[]> => {
    const asked = clock.now();
    const known = window.number;
    // The head first: whatever it counts is there to be read afterwards.
    const head = await store.revocations.head();
    const continues = window.continues(head, known);
    const facts = await store.revocations.since(continues ? window.number : 0);
    tableTime = await store.now();
    if (continues) window.extend(head, facts, tableTime);
    else window.begin(head, facts, tableTime);
    readAt = asked;
    return facts;
  };
  const poll = () => {
    running ??= read()
      .then(tell, (cause) => {
        tell([]);
        throw cause;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const refresh = () => {
    const before = (running ?? Promise.resolve()).catch(() => undefined);
    next ??= before.then(() => {
      next = undefined;
      return poll();
    });
    return next;
  };
  /** A failure is the next poll's to report. */
  const refreshInBackground = () => void refresh().catch(() => undefined);

  const stops = [
    store.onFacts((facts) => {
      // A smaller number of another instance may not have been read yet.
      if (!window.append(facts, Math.max(tableTime, clock.now()))) refreshInBackground();
      tell(facts);
    }),
    store.onNews(refreshInBackground),
  ];
  try {
    await refresh();
  } catch (cause) {
    for (const stop of stops) stop();
    throw cause;
  }

  return {
    window,
    get readAt() {
      return readAt;
    },
    get tableTime() {
      return tableTime;
    },
    poll,
    refresh,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      for (const stop of stops) stop();
      listeners.clear();
    },
  };
}
