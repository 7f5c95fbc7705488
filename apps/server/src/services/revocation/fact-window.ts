import { FACT_LIFE_MS } from "@countersign/tokens";
import type { FeedHead, NumberedFact } from "../../store/store.ts";

/** A place in the order of facts: after this number, in this run of numbers. */
export interface Position {
  readonly incarnation: string;
  readonly number: number;
}

interface Kept extends NumberedFact {
  /** When it may be forgotten, in milliseconds since the epoch. */
  readonly until: number;
}

/**
 * The facts of the table as one process has read them, in order, for as long as they matter. Pure but for its own state:
 * who reads says what the table holds, and what time it is.
 */
export class FactWindow {
  #incarnation: string | undefined;
  /** Facts up to here may be missing; every later one, up to `number`, is here. */
  #floor = 0;
  #number = 0;
  #kept: Kept[] = [];

  /** The greatest number that was given when the table was read. */
  get number(): number {
    return this.#number;
  }

  /** Where a reader stands that knows all of this; undefined before the first reading. */
  get end(): Position | undefined {
    return this.#incarnation === undefined ? undefined : { incarnation: this.#incarnation, number: this.#number };
  }

  get size(): number {
    return this.#kept.length;
  }

  /** Whether what the table says now goes on from what it said when its greatest number was `known`. */
  continues(head: FeedHead, known: number): boolean {
    return this.#incarnation !== undefined && head.incarnation === this.#incarnation && head.number >= known;
  }

  /** Forgets everything, and takes in all that the table holds. The head was read before the facts. */
  begin(head: FeedHead, facts: readonly NumberedFact[], now: number): void {
    this.#incarnation = head.incarnation;
    this.#floor = 0;
    this.#number = 0;
    this.#kept = [];
    this.extend(head, facts, now);
  }

  /** Takes in what the table holds after what is known already. The head was read before the facts. */
  extend(head: FeedHead, facts: readonly NumberedFact[], now: number): void {
    for (const fact of facts) this.#add(fact, now);
    // What had a number and is not there any more was pruned.
    if (head.number > this.#number) this.#floor = this.#number = head.number;
    this.prune(now);
  }

  /** Takes in facts that this process has just committed, unless others that were committed before are missing. */
  append(facts: readonly NumberedFact[], now: number): boolean {
    const first = facts[0]?.number ?? 0;
    if (this.#incarnation === undefined || first > this.#number + 1) return false;
    for (const fact of facts) this.#add(fact, now);
    return true;
  }

  /** Forgets what no longer matters. `now` is in milliseconds. */
  prune(now: number): void {
    const living = this.#kept.findIndex(({ until }) => until > now);
    const gone = this.#kept.splice(0, living < 0 ? this.#kept.length : living);
    this.#floor = Math.max(this.#floor, gone.at(-1)?.number ?? 0);
  }

  /** Whether a reader at this place can go on with what is here, and misses nothing. */
  covers({ incarnation, number }: Position): boolean {
    return incarnation === this.#incarnation && number >= this.#floor && number <= this.#number;
  }

  /** Facts after a number, in order, so many at most. */
  after(number: number, most = Number.POSITIVE_INFINITY): readonly NumberedFact[] {
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#kept[middle]?.number ?? 0) > number) high = middle;
      else low = middle + 1;
    }
    return this.#kept.slice(low, low + most);
  }

  #add({ number, fact }: NumberedFact, now: number): void {
    if (number <= this.#number) return;
    if (number > this.#number + 1) this.#floor = number - 1;
    this.#number = number;
    this.#kept.push({ number, fact, until: now + FACT_LIFE_MS });
  }
}
