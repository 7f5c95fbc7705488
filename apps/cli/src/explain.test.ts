import { ClientError } from "@countersign/client";
import { expect, test } from "vitest";
import { explain, forPeople, forPrograms } from "./explain.ts";
import { Failure } from "./failure.ts";

const told = (error: unknown) => forPeople(explain(error, "countersign x --help"), (text) => text);

test("how long to wait is said once: as the server told it, in minutes above 90 s", () => {
  expect(told(new ClientError("rate_limited"))).toContain("in a moment");
  const limited = (retryAfter: number) => told(new ClientError("rate_limited", { retryAfter }));
  expect(limited(90)).toMatch(/\nIn 90 s it may work\.\n$/);
  expect(limited(91)).toMatch(/\nIn 2 min it may work\.\n$/);
});

test("for programs `error` is a reason, and the code of a system error stands beside it", () => {
  const json = (error: unknown) => JSON.parse(forPrograms(explain(error, "countersign x --help")));
  const cause = Object.assign(new Error("x"), { code: "ENOSPC" });
  expect(json(new Failure("signedOut", "Out."))).toMatchObject({ error: "signed_out", exit: 3 });
  expect(json(new Failure("localFile", "Full.", undefined, { cause }))).toMatchObject({
    error: "local_file",
    code: "ENOSPC",
  });
  const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  expect(json(new ClientError("network", { cause: refused }))).toMatchObject({
    error: "network",
    code: "ECONNREFUSED",
  });
});

test("wrong usage keeps its own next step, and points to the help of the command", () => {
  expect(explain(new Failure("usage", "X.", "Give --y"), "countersign x --help").next).toBe(
    "Give --y. Help: countersign x --help",
  );
});
