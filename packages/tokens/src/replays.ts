import { Refusal } from "./errors.ts";

/** Remembers which proofs have been used. Given to whoever verifies proofs in several processes, over what they share. */
export interface ReplayStore {
  /**
   * Notes a proof, at once and for everybody: of two that come with one key only one may be told that it is new.
   *
   * @param key of the proof, up to 200 characters
   * @param until the last moment at which it has to be known, in milliseconds since the epoch
   * @returns whether it is new
   */
  add(key: string, until: number): Promise<boolean> | boolean;
}

/** What ends within the same so many milliseconds is forgotten together. */
const SLOT_MS = 10_000;
const RETRY_AFTER_S = 5;

/**
 * A replay store in the memory of one process, with room for so many proofs. What is there is never pushed out: when it is
 * full, proofs are refused until some have run out.
 *
 * `add` throws a `Refusal` `busy` when full.
 */
export function createReplayMemory({
  capacity,
  now,
}: {
  readonly capacity: number;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}): ReplayStore {
  const slots = new Map<number, Set<string>>();
  let size = 0;

  function forget(moment: number): void {
    for (const [end, keys] of slots) {
      if (end >= moment) continue;
      slots.delete(end);
      size -= keys.size;
    }
  }

  return {
    add(key, until) {
      forget(now());
      for (const keys of slots.values()) if (keys.has(key)) return false;
      if (size >= capacity)
        throw new Refusal("busy", { detail: "too many proofs to remember", retryAfter: RETRY_AFTER_S });
      const end = Math.ceil(until / SLOT_MS) * SLOT_MS;
      const slot = slots.get(end) ?? new Set();
      slots.set(end, slot.add(key));
      size += 1;
      return true;
    },
  };
}
