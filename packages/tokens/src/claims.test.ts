import { describe, expect, test } from "vitest";
import { isAccountClaims, permissionsOf, reservedClaims, accountClaims as schema } from "./claims.ts";
import { accountClaims, serviceClaims } from "./testing/forge.ts";

describe("the claims of a token", () => {
  test("tell an account from a service", () => {
    expect(isAccountClaims(accountClaims())).toBe(true);
    expect(isAccountClaims(serviceClaims())).toBe(false);
  });

  test.each([
    ["", []],
    ["notes:read", ["notes:read"]],
    ["notes:read notes:write", ["notes:read", "notes:write"]],
  ])("name their permissions: %j", (scope, permissions) => {
    expect(permissionsOf(scope)).toEqual(permissions);
  });

  test("corpus 35: reserve every name that has a meaning of its own", () => {
    const names = [
      ...Object.keys(accountClaims()),
      ...Object.keys(serviceClaims()),
      "cnf",
      "dv",
      "org",
      "ext",
      "nbf",
      "__proto__",
    ];
    expect(names.filter((name) => !reservedClaims.has(name))).toEqual([]);
  });
});

describe("the bounds of a claim", () => {
  const accepted = (change: object) => schema.safeParse({ ...accountClaims(), ...change }).success;

  test.each<[string, object, object]>([
    ["a version", { av: 0, sv: 0, dv: 0 }, { av: -1 }],
    ["an audience's version", { dv: 0 }, { dv: -1 }],
    ["the earliest time", { auth_time: 0 }, { auth_time: -1 }],
    ["the latest time", { auth_time: 253_402_300_799 }, { auth_time: 253_402_300_800 }],
    ["the shortest id", { jti: "j" }, { jti: "" }],
    ["the longest id", { sub: "s".repeat(255) }, { sub: "s".repeat(256) }],
    ["the longest scope", { scope: "s".repeat(8192) }, { scope: "s".repeat(8193) }],
    ["the shortest method", { amr: ["p"] }, { amr: [""] }],
    ["the longest method", { amr: ["p".repeat(32)] }, { amr: ["p".repeat(33)] }],
    [
      "the most methods",
      { amr: Array.from({ length: 8 }, () => "pwd") },
      { amr: Array.from({ length: 9 }, () => "pwd") },
    ],
  ])("%s", (_what, within, beyond) => {
    expect(accepted(within)).toBe(true);
    expect(accepted(beyond)).toBe(false);
  });

  test("RFC 6749 3.3: a scope is made of printable characters, without quotes and backslashes", () => {
    for (let code = 0; code < 256; code++) {
      const fits = code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e);
      expect(accepted({ scope: `a${String.fromCharCode(code)}b` })).toBe(fits || code === 0x20);
      expect(accepted({ scope: String.fromCharCode(code) })).toBe(fits);
    }
  });
});
