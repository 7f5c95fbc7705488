import { expect, test } from "vitest";
import { createReplayMemory } from "./replays.ts";
import { NOW } from "./testing/forge.ts";

function memory(capacity: number) {
  let now = NOW;
  return {
    ...createReplayMemory({ capacity, now: () => now }),
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

test("RFC 9449 11.1: a proof is new once", () => {
  const { add } = memory(10);
  expect(add("a", NOW + 60_000)).toBe(true);
  expect(add("a", NOW + 60_000)).toBe(false);
  expect(add("b", NOW + 60_000)).toBe(true);
});

test("corpus 19: a proof is remembered to the last moment that was asked for", () => {
  const { add, pass } = memory(10);
  add("a", NOW + 60_000);
  pass(60);
  expect(add("a", NOW + 60_000)).toBe(false);
});

test("corpus 19: a proof is remembered for as long as it holds, whatever came after it", () => {
  const { add, pass } = memory(1000);
  add("a", NOW + 70_000);
  for (let second = 0; second < 70; second += 1) {
    expect(add(`other ${second}`, NOW + second * 1000 + 60_000)).toBe(true);
    expect(add("a", NOW + 240_000)).toBe(false);
    pass(1);
  }
});

test("a memory that is full pushes nothing out, refuses, and has room again later", () => {
  const { add, pass } = memory(2);
  expect(add("a", NOW + 60_000)).toBe(true);
  expect(add("b", NOW + 60_000)).toBe(true);
  expect(() => add("c", NOW + 60_000)).toThrow(expect.objectContaining({ reason: "busy", retryAfter: 5 }));
  expect(add("a", NOW + 60_000)).toBe(false);
  pass(70);
  expect(add("c", NOW + 130_000)).toBe(true);
});
