import { inspect } from "node:util";
import { TRPCClientError } from "@trpc/client";
import { describe, expect, test } from "vitest";
import { ClientError, guardRefusalOf, reasonOf, responseOf } from "./errors.ts";

const answered = (data: Record<string, unknown>) =>
  TRPCClientError.from({ error: { code: -32_001, message: "refused", data } }, { meta: { response: "the response" } });

describe("the reason of an error", () => {
  test.each<[string, unknown, string]>([
    ["of the session's own", new ClientError("busy"), "busy"],
    ["of a call, in its data", answered({ reason: "not_permitted", ran: false }), "not_permitted"],
    ["of a rule, without a word of the guard", answered({ reason: "conflict" }), "conflict"],
    ["of the session's, around which tRPC put its own", TRPCClientError.from(new ClientError("busy")), "busy"],
    ["that a newer server gives", answered({ reason: "sun_flares", ran: false }), "unknown"],
    ["that a procedure threw by itself", answered({ code: "UNAUTHORIZED", httpStatus: 401 }), "unknown"],
    ["of a call that nobody answered", TRPCClientError.from(new TypeError("fetch failed")), "network"],
    ["of a page in place of an answer", TRPCClientError.from(new SyntaxError("Unexpected token '<'")), "unknown"],
    ["of a call that was given up", TRPCClientError.from(new DOMException("", "AbortError")), "unknown"],
    ["of anything else", new Error("anything"), "unknown"],
    ["of nothing", undefined, "unknown"],
  ])("%s", (_, error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });

  test("is the guard's only where the guard says that nothing ran", () => {
    expect(guardRefusalOf(answered({ reason: "token_expired", ran: false }))).toBe("token_expired");
    for (const data of [{ reason: "token_expired" }, { reason: "token_expired", ran: true }, { ran: false }]) {
      expect(guardRefusalOf(answered(data))).toBeUndefined();
    }
    expect(guardRefusalOf(new ClientError("token_expired"))).toBeUndefined();
  });

  test("does not depend on which copy of tRPC's client made the error", () => {
    const error = Object.assign(new Error("refused"), {
      name: "TRPCClientError",
      shape: {},
      data: { reason: "token_stale", ran: false },
      meta: { response: "the response" },
    });
    expect([reasonOf(error), guardRefusalOf(error), responseOf(error)]).toEqual([
      "token_stale",
      "token_stale",
      "the response",
    ]);
  });
});

test("the response of an error is that of its call", () => {
  expect(responseOf(answered({}))).toBe("the response");
  expect(responseOf(TRPCClientError.from(new Error("no answer")))).toBeUndefined();
  expect(responseOf("text")).toBeUndefined();
});

test("an error of the session says why, how long to wait, and what was underneath", () => {
  const cause = new Error("underneath");
  const error = new ClientError("busy", { cause, retryAfter: 5, status: 503 });
  expect(error).toMatchObject({ name: "ClientError", message: "busy", reason: "busy", retryAfter: 5, status: 503 });
  expect(error.cause).toBe(cause);
  expect("cause" in new ClientError("busy")).toBe(false);
  expect(inspect(error)).toContain("underneath");
});
