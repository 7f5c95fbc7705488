import { expect, test } from "vitest";
import { createEventReader } from "./event-stream.ts";

const stream = [
  ": a comment\n\n",
  "event: connected\ndata: {}\n\n",
  "id: 1\ndata: first\ndata: second line\n\n",
  "data:no space\r\n\r\n",
  "id\nevent: last\rdata\r\r",
  "id: a\0b\ndata: x\nunknown: field\n\n",
  "event: without data\n\n",
  "data: never ended",
].join("");
const events = [
  { type: "connected", data: "{}", lastEventId: "0" },
  { type: "message", data: "first\nsecond line", lastEventId: "1" },
  { type: "message", data: "no space", lastEventId: "1" },
  { type: "last", data: "", lastEventId: "" },
  { type: "message", data: "x", lastEventId: "" },
];

test("events are read as HTML §9.2.6 has them", () => {
  expect(createEventReader("0")(stream)).toEqual(events);
});

test.each([1, 2, 3, 7])("and alike in pieces of %i characters", (size) => {
  const read = createEventReader("0");
  const pieces = stream.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  expect(pieces.flatMap(read)).toEqual(events);
});
