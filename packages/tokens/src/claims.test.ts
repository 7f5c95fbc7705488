import { describe, expect, test } from "vitest";
import { isAccountClaims, permissionsOf, reservedClaims } from "./claims.ts";
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
      "org",
      "ext",
      "nbf",
      "__proto__",
    ];
    expect(names.filter((name) => !reservedClaims.has(name))).toEqual([]);
  });
});
