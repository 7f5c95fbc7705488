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
  expect(add("a.1", NOW + 60_000)).toBe(true);
  expect(add("a.1", NOW + 60_000)).toBe(false);
  expect(add("b.1", NOW + 60_000)).toBe(true);
});

test("corpus 19: a proof is remembered to the last moment that was asked for", () => {
  const { add, pass } = memory(10);
  add("a.1", NOW + 60_000);
  pass(60);
  expect(add("a.1", NOW + 60_000)).toBe(false);
});

test("corpus 19: a proof is remembered for as long as it holds, whatever came after it", () => {
  const { add, pass } = memory(1000);
  add("a.1", NOW + 70_000);
  for (let second = 0; second < 70; second += 1) {
    expect(add(`b.${second}`, NOW + second * 1000 + 60_000)).toBe(true);
    expect(add("a.1", NOW + 240_000)).toBe(false);
    pass(1);
  }
});

test("a memory that is full pushes nothing out, refuses, and has room again later", () => {
  const { add, pass } = memory(2);
  expect(add("a.1", NOW + 60_000)).toBe(true);
  expect(add("b.1", NOW + 60_000)).toBe(true);
  expect(() => add("c.1", NOW + 60_000)).toThrow(expect.objectContaining({ reason: "busy", retryAfter: 5 }));
  expect(add("a.1", NOW + 60_000)).toBe(false);
  pass(70);
  expect(add("c.1", NOW + 130_000)).toBe(true);
});

test("nobody fills a memory alone: from half on, each holder has a share", () => {
  const { add, pass } = memory(100);
  const busy = expect.objectContaining({ reason: "busy", retryAfter: 5 });
  const many = (holder: string, count: number) => {
    for (let made = 0; made < count; made += 1) expect(add(`${holder}.${made}`, NOW + 60_000 + made * 1000)).toBe(true);
  };
  many("greedy", 50);
  expect(() => add("greedy.50", NOW + 60_000)).toThrow(busy);
  for (let other = 0; other < 10; other += 1) {
    many(`other ${other}`, 5);
    expect(() => add(`other ${other}.5`, NOW + 60_000)).toThrow(busy);
  }
  expect(() => add("late.0", NOW + 60_000)).toThrow(busy);
  pass(70);
  expect(add("late.0", NOW + 130_000)).toBe(true);
});
