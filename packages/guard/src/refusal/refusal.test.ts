import { type Reason, Refusal, reasons } from "@countersign/tokens";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { describe, expect, test } from "vitest";
import { challengeFor, notPermitted } from "./challenge.ts";
import { refusalOf, refusals, trpcErrorOf } from "./refusal.ts";
import { responseMeta } from "./response-meta.ts";

const errorsOf = (...found: Refusal[]) => ({ errors: found.map(trpcErrorOf) });
const headersOf = (...found: Refusal[]) => responseMeta(errorsOf(...found)).headers;

describe("the table of refusals", () => {
  test("has a row for every reason, and none besides", () => {
    expect(Object.keys(refusals).sort()).toEqual([...reasons].sort());
  });

  test.each(reasons)("gives %s the status that tRPC gives its code", (reason) => {
    const error = trpcErrorOf(new Refusal(reason));
    expect(getHTTPStatusCodeFromError(error)).toBe(refusals[reason].status);
  });

  test("RFC 9110 15.5.2: every 401 has a challenge", () => {
    const without = reasons.filter((reason) => refusals[reason].status === 401 && refusals[reason].challenge === null);
    expect(without).toEqual([]);
  });

  test("cannot be changed", () => {
    expect(() => Object.assign(refusals.no_token, { status: 200 })).toThrow(TypeError);
    expect(() => Object.assign(refusals, { no_token: refusals.internal })).toThrow(TypeError);
  });
});

describe("a refusal as a tRPC error", () => {
  test("says its reason, keeps the refusal, sends no stack", () => {
    const refusal = new Refusal("token_expired", { detail: "private", cause: new Error("deeper") });
    const error = trpcErrorOf(refusal);
    expect(error).toMatchObject({ code: "UNAUTHORIZED", message: "token_expired" });
    expect(error.cause).toBe(refusal);
    expect(error.stack).toBe(undefined);
  });

  test("is found again in what was thrown, and nothing else is", () => {
    const refusal = new Refusal("busy");
    expect(refusalOf(refusal)).toBe(refusal);
    expect(refusalOf(trpcErrorOf(refusal))).toBe(refusal);
    expect(refusalOf(new TRPCError({ code: "UNAUTHORIZED" }))).toBe(undefined);
    expect(refusalOf(new Error("x", { cause: refusal }))).toBe(undefined);
    expect(refusalOf({ reason: "busy" })).toBe(undefined);
  });
});

describe("corpus 82: the challenge", () => {
  test.each<[Refusal, string | null]>([
    [new Refusal("no_token"), "Bearer"],
    [new Refusal("malformed_credentials"), 'Bearer error="invalid_request", error_description="malformed_credentials"'],
    [new Refusal("token_stale"), 'Bearer error="invalid_token", error_description="token_stale"'],
    [
      notPermitted(["a:b", "c:d"]),
      'Bearer error="insufficient_scope", error_description="not_permitted", scope="a:b c:d"',
    ],
    [new Refusal("not_permitted"), 'Bearer error="insufficient_scope", error_description="not_permitted"'],
    [
      new Refusal("step_up_required", { maxAge: 300 }),
      'Bearer error="insufficient_user_authentication", error_description="step_up_required", max_age="300"',
    ],
    [
      new Refusal("step_up_required"),
      'Bearer error="insufficient_user_authentication", error_description="step_up_required"',
    ],
    [new Refusal("use_dpop_nonce"), 'DPoP error="use_dpop_nonce", error_description="use_dpop_nonce", algs="ES256"'],
    [new Refusal("proof_invalid"), 'DPoP error="invalid_dpop_proof", error_description="proof_invalid", algs="ES256"'],
    [new Refusal("account_required"), null],
    [new Refusal("unavailable"), null],
    [new Refusal("internal"), null],
  ])("of $reason", (refusal, challenge) => {
    expect(headersOf(refusal).get("www-authenticate")).toBe(challenge);
  });

  test("RFC 6750 3: holds nothing but the characters that it may", () => {
    for (const reason of reasons) {
      const text = challengeFor([new Refusal(reason, { detail: 'needle "', cause: "needle" })]) ?? "Bearer";
      expect(text).toMatch(
        /^(Bearer|DPoP)( [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(, [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*")*)?$/,
      );
      expect(text).not.toContain("needle");
    }
  });

  test.each<[string, (Reason | "scope")[], RegExp]>([
    ["bad credentials before missing permissions", ["scope", "token_expired"], /invalid_token/],
    ["malformed before bad ones", ["token_expired", "malformed_credentials"], /invalid_request/],
    ["a missing token before a step up", ["step_up_required", "no_token"], /^Bearer$/],
    ["a step up before missing permissions", ["scope", "step_up_required"], /insufficient_user_authentication/],
    ["what has none beside what has one", ["internal", "scope"], /insufficient_scope/],
  ])("of a batch: %s", (_what, found, expected) => {
    const refused = found.map((reason) => (reason === "scope" ? notPermitted(["a:b"]) : new Refusal(reason)));
    expect(challengeFor(refused)).toMatch(expected);
    expect(challengeFor(refused.reverse())).toMatch(expected);
  });
});

describe("the other headers of a response", () => {
  test("Retry-After is the longest wait, in whole seconds", () => {
    const headers = headersOf(
      new Refusal("busy", { retryAfter: 1.2 }),
      new Refusal("unavailable", { retryAfter: 0.5 }),
    );
    expect(headers.get("retry-after")).toBe("2");
    expect(headersOf(new Refusal("busy")).get("retry-after")).toBe(null);
  });

  test("errors that are no refusals are not stored either, and get no challenge", () => {
    const { headers } = responseMeta({ errors: [new TRPCError({ code: "UNAUTHORIZED" })] });
    expect(Object.fromEntries(headers)).toEqual({ "cache-control": "no-store" });
  });

  test("a request that could not be read is not stored", () => {
    expect(Object.fromEntries(responseMeta({ errors: [], info: undefined }).headers)).toEqual({
      "cache-control": "no-store",
    });
  });
});
