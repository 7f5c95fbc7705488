import { describe, expect, test } from "vitest";
import { createTestWorld } from "../testing/test-world.ts";
import { createWindowCounter } from "./window-counter.ts";

describe("a counter of windows", () => {
  test("counts each key by itself, and from the start in the next window", () => {
    const world = createTestWorld();
    const count = createWindowCounter({ world, windowMs: 1000, keys: 10 });
    expect(["a", "a", "b"].map(count)).toEqual([1, 2, 1]);
    world.advance(999);
    expect(count("a")).toBe(3);
    world.advance(1);
    expect(count("a")).toBe(1);
  });

  test("counts as one all keys for which there is no room, until the next window", () => {
    const world = createTestWorld();
    const count = createWindowCounter({ world, windowMs: 1000, keys: 2 });
    expect(["a", "b", "c", "d", "a", "c"].map(count)).toEqual([1, 1, 1, 2, 2, 3]);
    world.advance(1000);
    expect(["c", "d"].map(count)).toEqual([1, 1]);
  });
});
