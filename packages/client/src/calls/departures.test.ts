import { expect, test } from "vitest";
import { createDepartures } from "./departures.ts";

const url = (path: string) => new URL(`https://notes.test${path}`);

test.each([
  ["one call", "/trpc/notes.add"],
  ["one call at the root", "/notes.add"],
  ["a batch", "/trpc/hello,notes.add,who?batch=1"],
  ["another separator", "/trpc/notes/add"],
  ["an escaped comma", "/trpc/hello%2Cnotes.add"],
])("a call that began under another account does not leave: %s", (_, path) => {
  const departures = createDepartures();
  departures.announce("notes.add", 1);
  expect(departures.leave(url(path), 2)).toBe(false);
  // It is gone now, and its like may leave.
  departures.announce("notes.add", 2);
  expect(departures.leave(url(path), 2)).toBe(true);
});

test("calls of the same account leave, and so does what no link announced", () => {
  const departures = createDepartures();
  departures.announce("notes.add", 1);
  expect(departures.leave(url("/trpc/notes.add"), 1)).toBe(true);
  departures.announce("notes.add", 1);
  expect(departures.leave(url("/other.notes.address"), 2)).toBe(true);
  expect(departures.leave(url("/%zz"), 2)).toBe(true);
});

test("calls of one path leave in the order in which they began", () => {
  const departures = createDepartures();
  departures.announce("who", 1);
  departures.announce("who", 2);
  expect(departures.leave(url("/who"), 2)).toBe(false);
  expect(departures.leave(url("/who"), 2)).toBe(true);
});

test("a call that was given up holds nobody back", () => {
  const departures = createDepartures();
  departures.announce("who", 1)();
  expect(departures.leave(url("/who"), 2)).toBe(true);
});
