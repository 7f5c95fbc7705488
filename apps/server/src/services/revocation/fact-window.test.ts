import { FACT_LIFE_MS, type RevocationFact } from "@countersign/tokens";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeedHead, NumberedFact } from "../../store/store.ts";
import { FactWindow } from "./fact-window.ts";
import { PART } from "./feed-messages.ts";
import { FeedReader } from "./feed-reader.ts";

const factOf = (number: number): NumberedFact => ({
  number,
  fact: { kind: "account", id: `account ${number}`, least: number },
});
const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => factOf(from + at));
const headAt = (number: number, incarnation = "run"): FeedHead => ({ incarnation, number });
const windowOf = (facts: readonly NumberedFact[], number: number, now = 0) => {
  const window = new FactWindow();
  window.begin(headAt(number), facts, now);
  return window;
};
const covered = (window: FactWindow, upTo: number) =>
  Array.from({ length: upTo + 1 }, (_, number) => number).filter((number) =>
    window.covers({ incarnation: "run", number }),
  );

describe("what a process knows of the facts", () => {
  test("covers every place from which nothing is missing, and no other", () => {
    expect(covered(windowOf([], 0), 2)).toEqual([0]);
    expect(covered(windowOf([], 3), 5)).toEqual([3]);
    expect(covered(windowOf(numbered(3, 5), 5), 8)).toEqual([2, 3, 4, 5]);
    expect(windowOf(numbered(3, 5), 5).covers({ incarnation: "another", number: 4 })).toBe(false);
    expect(new FactWindow().covers({ incarnation: "", number: 0 })).toBe(false);
  });

  test("takes its own facts only where none is missing before them", () => {
    const window = windowOf(numbered(1, 2), 2);
    expect(window.append([factOf(4)], 0)).toBe(false);
    expect(window.number).toBe(2);
    expect(window.append(numbered(3, 4), 0)).toBe(true);
    expect(window.append([factOf(3)], 0)).toBe(true);
    expect(window.after(0)).toMatchObject(numbered(1, 4));
  });

  test("a hole that was pruned keeps the facts on both sides, and takes no reader from before it", () => {
    const window = windowOf([factOf(4), factOf(6)], 6);
    expect(covered(window, 7)).toEqual([5, 6]);
    expect(window.after(0)).toMatchObject([factOf(4), factOf(6)]);
    window.extend(headAt(9), [], 0);
    expect(covered(window, 10)).toEqual([9]);
  });

  test("forgets a fact when no token that it kills can be alive", () => {
    const window = windowOf(numbered(1, 2), 2);
    window.append([factOf(3)], 1000);
    window.prune(FACT_LIFE_MS - 1);
    expect(window.size).toBe(3);
    window.prune(FACT_LIFE_MS);
    expect(covered(window, 4)).toEqual([2, 3]);
    window.prune(FACT_LIFE_MS + 1000);
    expect(window.size).toBe(0);
    expect(covered(window, 4)).toEqual([3]);
  });

  test("knows a table that goes on from one that was put in its place", () => {
    const window = windowOf(numbered(1, 2), 2);
    expect(window.continues(headAt(2), 2)).toBe(true);
    expect(window.continues(headAt(1), 2)).toBe(false);
    expect(window.continues(headAt(3, "another"), 2)).toBe(false);
  });
});

describe("a reader", () => {
  const present = { now: 0, readAt: 0, tableTime: 0 };

  test("that comes from nowhere, from another run or from before what is kept gets all there is", () => {
    const window = windowOf(numbered(3, 4), 4);
    const snapshot = {
      event: "snapshot",
      id: "run:4",
      data: { number: 4, at: 0, part: 0, last: true, facts: numbered(3, 4).map(({ fact }) => fact) },
    };
    for (const from of [undefined, "", "another:3", "run:1", "run:5", "run:-1", "run:3.5", "run", "constructor:1"]) {
      expect(new FeedReader(window, from).next(present), from).toEqual(snapshot);
    }
    expect(new FeedReader(windowOf([], 7), undefined).next(present)).toMatchObject({
      data: { number: 7, part: 0, last: true, facts: [] },
    });
  });

  test("that comes back goes on where it was, and hears at once that it knows all", () => {
    const reader = new FeedReader(windowOf(numbered(3, 4), 4), "run:3");
    expect(reader.next(present)).toEqual({ event: "facts", id: "run:4", data: { number: 4, facts: [factOf(4).fact] } });
    expect(reader.next(present)).toEqual({ event: "heartbeat", id: "run:4", data: { number: 4, at: 0 } });
    expect(reader.next(present)).toBeUndefined();
  });

  test("gets much in parts, each with the place that it leads to", () => {
    const window = windowOf(numbered(1, 2 * PART + 1), 2 * PART + 1);
    const all = new FeedReader(window, undefined);
    const parts = [all.next(present), all.next(present), all.next(present)];
    expect(parts).toMatchObject([0, 1, 2].map((part) => ({ id: "run:2001", data: { part, last: part === 2 } })));
    const some = new FeedReader(window, "run:1");
    expect([some.next(present), some.next(present), some.next(present)]).toMatchObject([
      { event: "facts", id: "run:1001" },
      { event: "facts", id: "run:2001" },
      { event: "heartbeat", id: "run:2001" },
    ]);
  });

  test("hears a heartbeat each five seconds that the table is read, and none when it is not", () => {
    const reader = new FeedReader(windowOf([], 0), undefined);
    const beats = (now: number, readAt: number) => reader.next({ now, readAt, tableTime: now });
    expect(beats(0, 0)).toMatchObject({ event: "snapshot" });
    expect(beats(4999, 4999)).toBeUndefined();
    expect(beats(5001, 5000)).toMatchObject({ event: "heartbeat", data: { at: 5001 } });
    expect(beats(60_000, 5000)).toBeUndefined();
    // One that was slow to take its messages is not told an old truth.
    expect(beats(70_000, 65_000)).toBeUndefined();
    expect(beats(70_000, 65_001)).toMatchObject({ event: "heartbeat" });
  });

  test("is lost when what it lacks is gone", () => {
    const window = windowOf(numbered(1, 2), 2);
    const reader = new FeedReader(window, "run:1");
    window.extend(headAt(9), [], 0);
    expect(reader.next(present)).toBe("lost");
  });
});

/** The table, two instances that read it and commit to it, and a reader of their feeds who comes and goes. */
class House {
  #now = 1_000_000;
  #last = 0;
  #incarnation = "run-0";
  #table: (NumberedFact & { readonly at: number })[] = [];
  readonly #instances = [0, 1].map(() => ({
    window: new FactWindow(),
    readAt: Number.NEGATIVE_INFINITY,
    untold: [] as NumberedFact[][],
    reading: undefined as { head: FeedHead; known: number } | undefined,
  }));
  #stream: { reader: FeedReader; at: number } | undefined;
  #lastId: string | undefined;
  /** As a guard holds them: replaced by a whole snapshot only. */
  #known = new Map<string, number>();
  #incoming: RevocationFact[] = [];

  readonly steps: Readonly<Record<string, (which: 0 | 1, size: number) => void>> = {
    commit: (which, size) => {
      const facts = numbered(this.#last + 1, this.#last + size);
      this.#last += size;
      this.#table.push(...facts.map((fact) => ({ ...fact, at: this.#now })));
      this.#at(which).untold.push(facts);
    },
    /** The process hears of its own commits, in whatever order. */
    tell: (which, size) => {
      const { untold, window } = this.#at(which);
      const [facts] = untold.splice(size % Math.max(1, untold.length), 1);
      if (facts) window.append(facts, this.#now);
    },
    beginReading: (which) => {
      const one = this.#at(which);
      one.reading ??= { head: headAt(this.#last, this.#incarnation), known: one.window.number };
    },
    endReading: (which) => this.#endReading(which),
    pass: (_, size) => {
      this.#now += size * 97_000;
    },
    prune: () => {
      this.#table = this.#table.filter(({ at }) => at >= this.#now - FACT_LIFE_MS);
    },
    connect: (which) => this.connect(which),
    take: (_, size) => {
      for (let left = size; left > 0; left -= 1) this.#take();
    },
    drop: () => {
      this.#stream = undefined;
      this.#incoming = [];
    },
    /** Somebody put a backup in the place of the table: numbers are given again. */
    restore: () => {
      this.#incarnation = `run-${this.#now}`;
      this.#table = this.#table.slice(0, this.#table.length >> 1);
      this.#last = this.#table.at(-1)?.number ?? 0;
      for (const one of this.#instances) {
        one.untold = [];
        one.reading = undefined;
      }
      this.#now += 1;
    },
  };

  /** As the route does: a reading that begins now, and then the first message. */
  connect(which: 0 | 1): void {
    const one = this.#at(which);
    this.#endReading(which);
    one.reading = { head: headAt(this.#last, this.#incarnation), known: one.window.number };
    this.#endReading(which);
    this.#incoming = [];
    this.#stream = { reader: new FeedReader(one.window, this.#lastId), at: which };
  }

  /** Everything that waits, until nothing does. */
  drain(): void {
    while (this.#take());
  }

  /** Facts that matter, and that the reader does not know. */
  missing(): string[] {
    return this.#table
      .filter(({ at }) => at > this.#now - FACT_LIFE_MS)
      .flatMap(({ fact }) => {
        const least = fact.kind === "key" ? 0 : fact.least;
        return (this.#known.get(fact.id) ?? -1) >= least ? [] : [fact.id];
      });
  }

  #at(which: number) {
    const one = this.#instances[which];
    if (!one) throw new Error("there are two");
    return one;
  }

  #endReading(which: number): void {
    const one = this.#at(which);
    if (!one.reading) return;
    const { head, known } = one.reading;
    one.reading = undefined;
    const continues = one.window.continues(head, known);
    const from = continues ? one.window.number : 0;
    const facts = this.#table.filter(({ number }) => number > from);
    one.window[continues ? "extend" : "begin"](head, facts, this.#now);
    one.readAt = this.#now;
  }

  #take(): boolean {
    if (!this.#stream) return false;
    const { reader, at } = this.#stream;
    const message = reader.next({ now: this.#now, readAt: this.#at(at).readAt, tableTime: this.#at(at).readAt });
    if (message === "lost") this.#stream = undefined;
    if (message === undefined || message === "lost") return false;
    if (message.event === "snapshot") {
      this.#incoming.push(...message.data.facts);
      if (!message.data.last) return true;
      this.#known = new Map();
      this.#learn(this.#incoming);
    } else if (message.event === "facts") this.#learn(message.data.facts);
    this.#lastId = message.id;
    return true;
  }

  #learn(facts: readonly RevocationFact[]): void {
    for (const fact of facts) if (fact.kind !== "key") this.#known.set(fact.id, fact.least);
  }
}

describe("server case 4: facts that two instances commit in any order", () => {
  const step = fc.tuple(
    fc.constantFrom(
      ...["commit", "tell", "beginReading", "endReading", "pass", "prune", "connect", "take", "drop", "restore"],
    ),
    fc.constantFrom<(0 | 1)[]>(0, 1),
    fc.integer({ min: 1, max: 3 }),
  );

  test("are all known to a reader that comes and goes between them at any moment", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), fc.constantFrom<(0 | 1)[]>(0, 1), (steps, which) => {
        const house = new House();
        for (const [name, at, size] of steps) house.steps[name]?.(at, size);
        house.connect(which);
        house.drain();
        expect(house.missing()).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("a place too large for a single part is reached only with the last of them", () => {
    const house = new House();
    house.steps["commit"]?.(0, 3 * PART);
    house.connect(0);
    house.steps["take"]?.(0, 2);
    house.steps["drop"]?.(0, 1);
    house.connect(1);
    house.drain();
    expect(house.missing()).toEqual([]);
  });
});
