import { Refusal } from "@countersign/tokens";
import type { Caller } from "../caller.ts";
import { addressGroup } from "./address-group.ts";

/** How much is let in at once. */
export interface AdmissionLimits {
  /** At work. */
  readonly running: number;
  /** In the queue. */
  readonly waiting: number;
  /** In the queue, from one group of addresses. */
  readonly share: number;
}

/** A share lets in all the tabs of a browser, and an office behind one address, but leaves most of the queue to others. */
const defaultLimits: AdmissionLimits = { running: 16, waiting: 256, share: 100 };

/**
 * Does the work when its turn comes, first in, first out. There is no deadline: work that never ends keeps its place.
 *
 * @throws {Refusal} `busy` at once where the queue, or the caller's share of it, is full; and whatever the work throws
 */
export type Admission = <T>(caller: Caller, work: () => Promise<T>) => Promise<T>;

/** One queue of this process, in memory: whoever is turned away has cost no database work. */
export function createAdmission(limits: AdmissionLimits = defaultLimits): Admission {
  const queue = new Set<{ readonly group: string; readonly enter: () => void }>();
  const waiting = new Map<string, number>();
  let running = 0;

  const wait = (group: string): Promise<void> => {
    const own = waiting.get(group) ?? 0;
    if (queue.size >= limits.waiting || own >= limits.share) {
      throw new Refusal("busy", { retryAfter: 1, detail: "admission: the queue is full" });
    }
    waiting.set(group, own + 1);
    return new Promise((resolve) => queue.add({ group, enter: resolve }));
  };

  const leave = () => {
    const [first] = queue;
    if (!first) {
      running -= 1;
      return;
    }
    // The place passes from hand to hand, so that nobody who comes later slips in between.
    queue.delete(first);
    const left = (waiting.get(first.group) ?? 1) - 1;
    if (left > 0) waiting.set(first.group, left);
    else waiting.delete(first.group);
    first.enter();
  };

  return async (caller, work) => {
    if (running < limits.running) running += 1;
    else await wait(addressGroup(caller.address));
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
