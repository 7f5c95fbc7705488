import type { World } from "@countersign/tokens";

export interface WindowCounterOptions {
  readonly world: World;
  readonly windowMs: number;
  /** Keys that are told apart in one window. All others count as one. */
  readonly keys: number;
}

/** Stands for every key that came when there was no more room. */
const OTHERS = "";

/** Counts by key, one window after the other, in bounded memory of this process. Answers how often the key came. */
export function createWindowCounter({ world, windowMs, keys }: WindowCounterOptions): (key: string) => number {
  const counts = new Map<string, number>();
  let current = Number.NaN;
  return (key) => {
    const present = Math.floor(world.now() / windowMs);
    if (present !== current) counts.clear();
    current = present;
    const slot = counts.has(key) || counts.size < keys ? key : OTHERS;
    const count = (counts.get(slot) ?? 0) + 1;
    counts.set(slot, count);
    return count;
  };
}
