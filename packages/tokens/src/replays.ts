import { Refusal } from "./errors.ts";

/** Remembers which proofs have been used. Given to whoever verifies proofs in several processes, over what they share. */
export interface ReplayStore {
  /**
   * Notes a proof, at once and for everybody: of two that come with one key only one may be told that it is new.
   *
   * @param key of the proof, up to 200 characters: whose key signed it (RFC 7638), a dot, and what it calls itself
   * @param until the last moment at which it has to be known, in milliseconds since the epoch
   * @returns whether it is new
   */
  add(key: string, until: number): Promise<boolean> | boolean;
}

/** What ends within the same so many milliseconds is forgotten together. */
const SLOT_MS = 10_000;
const RETRY_AFTER_S = 5;
/** How much of a memory that is half full one key may have, so that none fills it alone. */
const SHARE = 1 / 20;

/** What ends together, by the key that signed it. */
interface Slot {
  readonly holders: Map<string, Set<string>>;
  size: number;
}

/**
 * A replay store in the memory of one process, with room for so many proofs. What is there is never pushed out: when it is
 * full, proofs are refused until some have run out; from half on, those of a key that has much of it.
 *
 * `add` throws a `Refusal` `busy` where there is no room.
 */
export function createReplayMemory({
  capacity,
  now,
}: {
  readonly capacity: number;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}): ReplayStore {
  const slots = new Map<number, Slot>();
  let size = 0;

  function forget(moment: number): void {
    for (const [end, slot] of slots) {
      if (end >= moment) continue;
      slots.delete(end);
      size -= slot.size;
    }
  }

  function assertRoom(theirs: number): void {
    const most = size < capacity / 2 ? capacity : Math.max(1, capacity * SHARE);
    if (size < capacity && theirs < most) return;
    throw new Refusal("busy", { detail: "too many proofs to remember", retryAfter: RETRY_AFTER_S });
  }

  return {
    add(key, until) {
      forget(now());
      const [holder = key] = key.split(".", 1);
      let theirs = 0;
      for (const { holders } of slots.values()) {
        const known = holders.get(holder);
        if (known?.has(key)) return false;
        theirs += known?.size ?? 0;
      }
      assertRoom(theirs);
      const end = Math.ceil(until / SLOT_MS) * SLOT_MS;
      const slot = slots.get(end) ?? { holders: new Map(), size: 0 };
      slots.set(end, slot);
      const known = slot.holders.get(holder) ?? new Set();
      slot.holders.set(holder, known.add(key));
      slot.size += 1;
      size += 1;
      return true;
    },
  };
}
