import { describe, expect, test } from "vitest";
import { PRUNE_CHUNK } from "../prune.ts";
import { NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const WINDOW = 60_000;
/** Begins a window. */
const START = Math.ceil(NOW / WINDOW) * WINDOW;

export function attemptCases(given: Given): void {
  describe("attempts", () => {
    test("corpus 51: 100 parallel attempts are counted from 1 to 100, none twice", async () => {
      const stores = [given.store, await given.another()];
      const attempts = Array.from({ length: 100 }, (_, n) => stores[n % 2]?.attempts.count("key", WINDOW, START + n));
      const counts = await Promise.all(attempts);
      expect(counts.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    });

    test("the count starts anew with the next window, for its key alone", async () => {
      const { attempts } = given.store;
      expect(await attempts.count("key", WINDOW, START)).toBe(1);
      expect(await attempts.count("key", WINDOW, START + WINDOW - 1)).toBe(2);
      expect(await attempts.count("other", WINDOW, START)).toBe(1);
      expect(await attempts.count("key", WINDOW, START + WINDOW)).toBe(1);
    });

    test("an attempt that a slow clock puts into the last window does not start the count anew", async () => {
      const { attempts } = given.store;
      await attempts.count("key", WINDOW, START + WINDOW);
      expect(await attempts.count("key", WINDOW, START)).toBe(2);
      expect(await attempts.count("key", WINDOW, START + WINDOW)).toBe(3);
    });

    test("a cleared key counts from 1", async () => {
      const { attempts } = given.store;
      await attempts.count("key", WINDOW, START);
      await attempts.clear("key");
      expect(await attempts.count("key", WINDOW, START)).toBe(1);
    });

    test("counts of windows that are over are deleted, however many there are, and no others", async () => {
      await given.store.transaction(async ({ attempts }) => {
        for (let n = 0; n <= PRUNE_CHUNK; n += 1) await attempts.count(`old ${n}`, WINDOW, START);
        await attempts.count("current", WINDOW, START + WINDOW);
      });
      const { attempts } = given.store;
      expect(await attempts.prune(START + WINDOW + 1)).toBe(PRUNE_CHUNK + 1);
      expect(await attempts.count("current", WINDOW, START + WINDOW)).toBe(2);
    });
  });
}
