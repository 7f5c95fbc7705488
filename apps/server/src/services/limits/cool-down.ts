import type { Clock } from "../clock.ts";

/**
 * Something that strangers can ask for and that costs: done once for all who ask at the same time, and at most once in so
 * many milliseconds. Answers at once when it was done a moment ago.
 */
export function atMostEvery(ms: number, clock: Clock, work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let finishedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (!running && clock.now() < finishedAt + ms) return;
    running ??= work().finally(() => {
      finishedAt = clock.now();
      running = undefined;
    });
    await running;
  };
}
