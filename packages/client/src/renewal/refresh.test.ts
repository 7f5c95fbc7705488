import { reasons } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import { actions } from "../actions.ts";
import type { Answer } from "./ask.ts";
import { judgeRefresh } from "./refresh.ts";

const reply = {
  account: "account",
  session: "session",
  server_time: 1_700_000_000.5,
  session_end: 1_800_000_000,
  refresh_token: "csr_a.1.1.b",
  tokens: [
    {
      audience: "https://auth.test",
      access_token: "a.b.c",
      token_type: "Bearer",
      expires_in: 300,
      scope: "users:read",
    },
  ],
};
const judge = (one: Answer) => judgeRefresh(one, "storage");
const answer = (status: number, body: unknown, retryAfter?: number) => ({ status, body, retryAfter });

describe("an answer to a refresh", () => {
  test("with everything in it renews", () => {
    expect(judge(answer(200, reply))).toEqual({ kind: "renewed", reply });
    expect(judge(answer(200, { ...reply, more: "than we know" })).kind).toBe("renewed");
  });

  test.each(Object.keys(reply))("without %s is no answer", (name) => {
    expect(judge(answer(200, { ...reply, [name]: undefined })).kind).toBe("wait");
  });

  test.each<[string, unknown]>([
    ["no token at all", []],
    ["a token without an audience", [{ ...reply.tokens[0], audience: "" }]],
    ["a life that is no number", [{ ...reply.tokens[0], expires_in: "300" }]],
    ["a life before birth", [{ ...reply.tokens[0], expires_in: -1 }]],
    ["a token that no header can carry", [{ ...reply.tokens[0], access_token: "a b" }]],
    ["something else among the tokens", [reply.tokens[0], null]],
  ])("with %s is no answer", (_, tokens) => {
    expect(judge(answer(200, { ...reply, tokens })).kind).toBe("wait");
  });

  test.each([[undefined], [null], ["text"], [1], [[]], [{}]])(
    "with the body %j is waited out, whatever its status",
    (body) => {
      for (const status of [200, 204, 301, 400, 401, 403, 404, 418, 429, 500, 502, 503]) {
        expect(judge(answer(status, body, 7))).toMatchObject({ kind: "wait", seconds: 7 });
      }
    },
  );

  test("that never came is the network's", () => {
    const cause = new TypeError("fetch failed");
    expect(judge({ error: cause })).toMatchObject({ kind: "network", error: { reason: "network", cause } });
  });

  test("rejects with invalid_grant, and for a lost key, and only from the server itself", () => {
    const kinds = reasons.map((reason) => [reason, judge(answer(400, { error: reason })).kind]);
    expect(kinds).toEqual(
      reasons.map((reason) => {
        if (reason === "invalid_grant" || reason === "key_mismatch") return [reason, "rejected"];
        return [reason, actions[reason] === "wait" ? "wait" : "refused"];
      }),
    );
    for (const status of [200, 302, 500, 502, 503]) {
      expect(judge(answer(status, { error: "invalid_grant" })).kind).toBe("wait");
    }
  });

  test("with a reason of a newer server is waited out", () => {
    expect(judge(answer(400, { error: "sun_flares" }))).toMatchObject({ kind: "wait" });
  });
});
