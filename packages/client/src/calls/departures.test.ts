import { describe, expect, test } from "vitest";
import { createDepartures } from "./departures.ts";

const url = (path: string) => new URL(`https://notes.test${path}`);
function departuresAt() {
  let now = 0;
  const departures = createDepartures({ monotonic: () => now });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { ...departures, pass };
}

test.each([
  ["one call", "/trpc/notes.add"],
  ["one call at the root", "/notes.add"],
  ["a batch", "/trpc/hello,notes.add,who?batch=1"],
  ["another separator", "/trpc/notes/add"],
  ["an escaped comma", "/trpc/hello%2Cnotes.add"],
])("a call that began under another account does not leave, however often it tries: %s", (_, path) => {
  const { announce, leave } = departuresAt();
  const { finish } = announce("notes.add", 1);
  for (let time = 0; time < 3; time += 1) expect(leave(url(path), 2)).toBe(false);
  finish();
  announce("notes.add", 2);
  expect(leave(url(path), 2)).toBe(true);
});

test("calls of the same account leave, one of them again, and so does what no link announced", () => {
  const { announce, leave } = departuresAt();
  const call = announce("notes.add", 1);
  expect(call.hasLeft).toBe(false);
  for (let time = 0; time < 2; time += 1) expect(leave(url("/trpc/notes.add"), 1)).toBe(true);
  expect(call.hasLeft).toBe(true);
  expect(leave(url("/other.notes.address"), 2)).toBe(true);
  expect(leave(url("/%zz"), 2)).toBe(true);
});

describe("of two calls of one path, of two accounts", () => {
  test("this account's leaves, and the other's stays", () => {
    const { announce, leave } = departuresAt();
    const [hers, his] = [announce("who", 1), announce("who", 2)];
    expect(leave(url("/who"), 2)).toBe(true);
    expect([hers.hasLeft, his.hasLeft]).toEqual([false, true]);
    expect(leave(url("/who"), 2)).toBe(false);
  });

  test("what leaves once more may be the other's, and does not leave", () => {
    const { announce, leave } = departuresAt();
    announce("who", 1);
    expect(leave(url("/who"), 1)).toBe(true);
    announce("who", 2);
    expect(leave(url("/who"), 2)).toBe(true);
    expect(leave(url("/who"), 2)).toBe(false);
  });

  test("both in one batch do not leave", () => {
    const { announce, leave } = departuresAt();
    announce("who", 1).finish();
    announce("who", 2);
    expect(leave(url("/who,who"), 2)).toBe(false);
  });
});

test("a call that was given up leaves with its batch, and holds nobody back for longer than that", () => {
  const { announce, leave, pass } = departuresAt();
  announce("who", 1).finish();
  expect(leave(url("/who,hello"), 1)).toBe(true);
  expect(leave(url("/who"), 2)).toBe(true);
  announce("who", 1).finish();
  pass(10_001);
  expect(leave(url("/who"), 2)).toBe(true);
});

test("a call that was answered holds nobody back", () => {
  const { announce, leave } = departuresAt();
  const { finish } = announce("who", 1);
  expect(leave(url("/who"), 1)).toBe(true);
  finish();
  expect(leave(url("/who"), 2)).toBe(true);
});
