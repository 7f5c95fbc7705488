import { describe, expect, test } from "vitest";
import { credentialsOf } from "./bearer.ts";

const bearerToken = (headers: readonly string[]) => credentialsOf(headers, ["Bearer"]).token;

const refusedFor = (headers: readonly string[]) => {
  try {
    return `accepted ${bearerToken(headers)}`;
  } catch (cause) {
    return (cause as { reason?: unknown }).reason ?? cause;
  }
};

describe("the bearer token of a request", () => {
  test.each(["Bearer", "bearer", "BEARER", "bEaReR"])(
    "RFC 9110 11.1: the scheme %s is matched in any case",
    (scheme) => {
      expect(bearerToken([`${scheme} a.b-c_d~e+f/g==`])).toBe("a.b-c_d~e+f/g==");
    },
  );

  test("RFC 9110 11.4: several spaces may stand between scheme and token", () => {
    expect(bearerToken(["Bearer   abc"])).toBe("abc");
  });

  test("RFC 6750 3: a request without a header has no token", () => {
    expect(refusedFor([])).toBe("no_token");
  });

  test.each(["Basic dXNlcjpwYXNz", "DPoP abc", "Negotiate", 'Digest username="a", realm="b"', "eyJ.eyJ.sig"])(
    "another scheme is no token of ours: %s",
    (value) => {
      expect(refusedFor([value])).toBe("no_token");
    },
  );

  test.each([
    ["two of them", ["Bearer a", "Bearer b"]],
    ["the same one twice", ["Bearer a", "Bearer a"]],
    ["a bearer and another scheme's", ["Bearer a", "Basic b"]],
    ["another scheme's first", ["Basic b", "Bearer a"]],
    ["an empty one beside it", ["", "Bearer a"]],
    ["two joined by a comma", ["Bearer a, Bearer b"]],
    ["two joined without a space", ["Bearer a,Bearer b"]],
    ["another scheme's and a bearer, joined", ["Basic a, Bearer b"]],
    ["a bearer and another scheme's, joined", ["Bearer a, Basic b"]],
    ["a bearer behind a comma, in another case", ["Basic a,\tBEARER b"]],
    ["corpus 18: Bearer and DPoP together", ["Bearer a, DPoP a"]],
    ["corpus 18: DPoP and Bearer together", ["DPoP a, Bearer a"]],
    ["corpus 18: another scheme's and DPoP together", ["Basic a,dpop b"]],
    ["corpus 18: Bearer and DPoP in two headers", ["DPoP a", "Bearer a"]],
  ])("corpus 83, RFC 6750 2: %s are refused, whichever another reader would take", (_what, headers) => {
    expect(refusedFor(headers)).toBe("malformed_credentials");
  });

  test.each([
    ["", "nothing in it"],
    [" ", "a space"],
    ["Bearer", "a scheme alone"],
    ["Bearer ", "a scheme and a space"],
    ["Bearer a b", "two words"],
    ["Bearer a\tb", "a tab"],
    ["Bearer\ta", "a tab for the space"],
    ["Bearer =", "padding alone"],
    ["Bearer a=b", "padding in the middle"],
    ['Bearer "a"', "quotes"],
    ["Bearer token=a", "a parameter"],
    ["Bearer: a", "a colon"],
    ["Bearer\u00a0a", "a space that is none"],
    ["Bearer ä", "a letter beyond ASCII"],
    ["Bearer a\u0000", "a zero byte"],
    ["Bearer a\r\nx: y", "a line break"],
    [",", "a comma"],
    [", Bearer a", "a comma before it"],
    ["()<>@", "no scheme at all"],
    ["\uffff", "no text at all"],
  ])("corpus 16: garbage is refused and never throws anything else: %j (%s)", (value) => {
    expect(refusedFor([value])).toBe("malformed_credentials");
  });

  test("corpus 15: a header of any length is read in linear time", () => {
    const started = performance.now();
    for (const part of ["a", "=", ".", " ", ",", ", ", "Bearer ", "Bearer a,", ",\t"]) {
      refusedFor([`Bearer ${part.repeat(200_000)}!`]);
      refusedFor([`${part.repeat(200_000)}!`]);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("the access token of a request, where proofs are read", () => {
  const both = ["Bearer", "DPoP"] as const;

  test.each(["DPoP", "dpop", "DPOP"])("RFC 9449 7.1: may come under the scheme %s", (scheme) => {
    expect(credentialsOf([`${scheme} a.b.c`], both)).toEqual({ scheme: "DPoP", token: "a.b.c" });
    expect(credentialsOf(["bearer a.b.c"], both)).toEqual({ scheme: "Bearer", token: "a.b.c" });
  });

  test("is still none under another scheme, and still only one", () => {
    expect(() => credentialsOf(["Basic abc"], both)).toThrow(expect.objectContaining({ reason: "no_token" }));
    for (const headers of [["DPoP a", "DPoP a"], ["DPoP a, DPoP b"], ["DPoP a b"], ["DPoP"], ["DPoP "]]) {
      expect(() => credentialsOf(headers, both)).toThrow(expect.objectContaining({ reason: "malformed_credentials" }));
    }
  });
});
