import { Refusal } from "@countersign/tokens";

/** Gives the way back; to be called exactly once. */
export type Release = () => void;

/** More at once than any honest load; each of them holds a request's memory. */
const MOST_WAITING = 1000;

/**
 * One at a time, in the order of arrival, and so many at most that wait. Who has waited longer than `limitMs` gives up, so that two that wait for each
 * other end as a refusal instead of for ever.
 */
export class Turns {
  readonly limitMs: number;
  readonly mostWaiting: number;
  readonly #waiting = new Set<() => void>();
  #busy = false;

  constructor(limitMs: number, mostWaiting = MOST_WAITING) {
    this.limitMs = limitMs;
    this.mostWaiting = mostWaiting;
  }

  /** @throws {Refusal} `unavailable` when the turn did not come in time, `busy` at once when too many wait already. */
  async take(): Promise<Release> {
    if (this.#busy) await this.#wait();
    this.#busy = true;
    return () => this.#next();
  }

  #wait(): Promise<void> {
    if (this.#waiting.size >= this.mostWaiting) {
      throw new Refusal("busy", { retryAfter: 1, detail: "too many wait for the one connection to the database" });
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer);
        // Not at once: a long queue of work that never waits would keep the process from everything else.
        setImmediate(resolve);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        reject(new Refusal("unavailable", { detail: "waited too long for the one connection to the database" }));
      }, this.limitMs);
      this.#waiting.add(enter);
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    // It stays busy while the turn passes from hand to hand, so that nobody slips in between.
    this.#busy = first !== undefined;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first();
  }
}
