import { describe, expect, test } from "vitest";
import { PRUNE_CHUNK } from "../prune.ts";
import type { Queries } from "../store.ts";
import { NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const WINDOW = 60_000;
/** Begins a window. */
const START = Math.ceil(NOW / WINDOW) * WINDOW;

const counter = (key: string, most = 1000) => ({ key, most, windowMs: WINDOW });

/** Counts one key alone. */
async function count({ attempts }: Queries, key: string, now: number): Promise<number | undefined> {
  const [one, ...more] = await attempts.count([counter(key)], now);
  expect(more).toEqual([]);
  return one;
}

export function attemptCases(given: Given): void {
  describe("attempts", () => {
    test("corpus 51: 100 parallel attempts are counted from 1 to 100, none twice", async () => {
      const stores = [given.store, await given.another()];
      const both = [counter("key"), counter("other")];
      const attempts = Array.from({ length: 100 }, (_, n) => stores[n % 2]?.attempts.count(both, START + n));
      const counts = await Promise.all(attempts);
      const each = Array.from({ length: 100 }, (_, n) => n + 1);
      for (const which of [0, 1]) expect(counts.map((pair) => pair?.[which] ?? 0).sort((a, b) => a - b)).toEqual(each);
    });

    test("nothing is counted after one that is over what is expected of it", async () => {
      const counters = [counter("address", 4), counter("pair", 2), counter("account", 9)];
      const attempts = [];
      for (let n = 0; n < 5; n += 1) attempts.push(await given.store.attempts.count(counters, START));
      expect(attempts).toEqual([[1, 1, 1], [2, 2, 2], [3, 3], [4, 4], [5]]);
      expect(await given.store.attempts.count([], START)).toEqual([]);
    });

    test("what is remembered is so until its time, which the last one sets, and counts for nothing", async () => {
      const { attempts } = given.store;
      expect(await attempts.remembers("known", START)).toBe(false);
      await attempts.remember("known", START + 10);
      await attempts.remember("known", START + 5);
      await attempts.remember("other", START + 100);
      expect(await attempts.remembers("known", START + 4)).toBe(true);
      expect(await attempts.remembers("known", START + 5)).toBe(false);
      await attempts.prune(START + 50);
      expect(await attempts.remembers("other", START + 50)).toBe(true);
      expect(await count(given.store, "key", START)).toBe(1);
    });

    test("the count starts anew with the next window, for its key alone", async () => {
      expect(await count(given.store, "key", START)).toBe(1);
      expect(await count(given.store, "key", START + WINDOW - 1)).toBe(2);
      expect(await count(given.store, "other", START)).toBe(1);
      expect(await count(given.store, "key", START + WINDOW)).toBe(1);
    });

    test("an attempt that a slow clock puts into the last window does not start the count anew", async () => {
      await count(given.store, "key", START + WINDOW);
      expect(await count(given.store, "key", START)).toBe(2);
      expect(await count(given.store, "key", START + WINDOW)).toBe(3);
    });

    test("a cleared key counts from 1", async () => {
      await count(given.store, "key", START);
      await given.store.attempts.clear("key");
      expect(await count(given.store, "key", START)).toBe(1);
    });

    test("counted in a transaction, it is undone with it", async () => {
      const failed = given.store.transaction(async (tx) => {
        await count(tx, "key", START);
        throw new Error("rolled back");
      });
      await expect(failed).rejects.toThrow("rolled back");
      expect(await count(given.store, "key", START)).toBe(1);
    });

    test("counts of windows that are over are deleted, however many there are, and no others", async () => {
      await given.store.transaction(async (tx) => {
        for (let n = 0; n <= PRUNE_CHUNK; n += 1) await count(tx, `old ${n}`, START);
        await count(tx, "current", START + WINDOW);
      });
      expect(await given.store.attempts.prune(START + WINDOW + 1)).toBe(PRUNE_CHUNK + 1);
      expect(await count(given.store, "current", START + WINDOW)).toBe(2);
    });
  });
}
