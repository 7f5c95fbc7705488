import { expect, test } from "vitest";
import { explainUnreachable } from "./unreachable.ts";

test("the cause of an unreachable server is found under other errors, and among several attempts", () => {
  const attempt = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  const fetchFailed = new TypeError("fetch failed", { cause: new AggregateError([attempt]) });
  expect(explainUnreachable(new Error("outer", { cause: fetchFailed }))).toMatchObject({
    reason: "network",
    code: "ECONNREFUSED",
  });
});

test("an unknown cause, or one that is its own, still gets a sentence and a next step", () => {
  const error: Error = Object.assign(new Error("x"), { code: "constructor" });
  error.cause = error;
  expect(explainUnreachable(error)).toMatchObject({ reason: "network", says: "The server cannot be reached." });
});
