import { expect, test } from "vitest";
import { systemWorld } from "./world.ts";

test("the system's world tells milliseconds and fresh random bytes", () => {
  const before = Date.now();
  const now = systemWorld.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  expect(systemWorld.random(32)).toHaveLength(32);
  expect(systemWorld.random(32)).not.toEqual(systemWorld.random(32));
});
