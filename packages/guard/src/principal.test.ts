import { describe, expect, test } from "vitest";
import { z } from "zod";
import { accountClaims, serviceClaims } from "../../tokens/src/testing/forge.ts";
import { type AccountPrincipal, principalOf } from "./principal.ts";

const rules = {
  permissions: new Set(["notes:read", "notes:write"] as const),
  claims: z.record(z.string(), z.unknown()),
};
const account = (changes: object = {}) =>
  principalOf({ kid: "k", claims: accountClaims(changes) }, rules) as AccountPrincipal<
    "notes:read",
    Record<string, unknown>
  >;

describe("a principal", () => {
  test("of an account names its session, its organisation and how it signed in", () => {
    expect(account({ org: "acme" })).toMatchObject({
      kind: "account",
      id: "ann",
      session: "session-1",
      org: "acme",
      acr: "1fa",
    });
    expect(account().org).toBe(null);
  });

  test("of a service has neither", () => {
    const service = principalOf({ kid: "k", claims: serviceClaims() }, rules);
    expect(service).toMatchObject({ kind: "service", id: "billing", client: "billing" });
    expect(service).not.toHaveProperty("session");
    expect(service.can("notes:read")).toBe(true);
    expect(service.can("notes:write")).toBe(false);
  });

  test("has the permissions of this API that its scope names, and no others", () => {
    const { permissions, can } = account({ scope: "notes:read users:write" });
    expect([...permissions]).toEqual(["notes:read"]);
    expect(can("users:write" as "notes:read")).toBe(false);
    expect(account({ scope: "" }).permissions.size).toBe(0);
  });

  test("is shared by requests, so nobody can change it", () => {
    const principal = account({ ext: { nested: { list: [1] } } });
    expect(() => Object.assign(principal, { id: "root" })).toThrow(TypeError);
    expect(() => (principal.amr as string[]).push("otp")).toThrow(TypeError);
    expect(() => (principal.permissions as Set<string>).add("notes:share")).toThrow(TypeError);
    expect(() => Object.assign(principal.claims["nested"] as object, { list: [] })).toThrow(TypeError);
    Set.prototype.add.call(principal.permissions, "notes:share");
    expect(principal.can("notes:share" as "notes:read")).toBe(false);
  });

  test("corpus 60: __proto__ and constructor in own claims change nothing but themselves", () => {
    const ext = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"plan":"pro"}');
    const { claims } = account({ ext });
    expect(claims["plan"]).toBe("pro");
    expect(claims["admin"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
  });

  test("own claims are read by the API's schema, and refused where they do not fit", () => {
    const typed = { ...rules, claims: z.object({ seats: z.coerce.number().int() }) };
    const make = (ext: Record<string, string>) => principalOf({ kid: "k", claims: accountClaims({ ext }) }, typed);
    expect(make({ seats: "3", other: "x" })).toMatchObject({ claims: { seats: 3 } });
    expect(() => make({ seats: "many" })).toThrow(expect.objectContaining({ reason: "token_invalid" }));
    expect(() => make({})).toThrow(expect.objectContaining({ reason: "token_invalid" }));
  });
});
