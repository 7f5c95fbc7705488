import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { AccountSubject, ServiceSubject } from "../verify/verifier.ts";
import { principalOf } from "./principal.ts";

const rules = {
  permissions: new Set(["notes:read", "notes:write"] as const),
  claims: z.record(z.string(), z.unknown()),
};
const ann: AccountSubject = {
  kind: "account",
  id: "ann",
  client: "console",
  permissions: ["notes:read", "notes:write"],
  session: "session-1",
  org: null,
  authTime: 1_893_455_940,
  amr: ["pwd"],
  acr: "1fa",
  claims: {},
};
const account = (changes: Partial<AccountSubject> = {}) => {
  const principal = principalOf({ ...ann, ...changes }, rules);
  if (principal.kind !== "account") throw new Error("an account became a service");
  return principal;
};

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
    const billing: ServiceSubject = { kind: "service", id: "billing", client: "billing", permissions: ["notes:read"] };
    const service = principalOf(billing, rules);
    expect(service).toMatchObject({ kind: "service", id: "billing", client: "billing" });
    expect(service).not.toHaveProperty("session");
    expect(service.can("notes:read")).toBe(true);
    expect(service.can("notes:write")).toBe(false);
  });

  test("has the permissions of this API that its token carries, and no others", () => {
    const { permissions, can } = account({ permissions: ["notes:read", "users:write"] });
    expect([...permissions]).toEqual(["notes:read"]);
    expect(can("users:write" as "notes:read")).toBe(false);
    expect(account({ permissions: [] }).permissions.size).toBe(0);
  });

  test("is shared by requests, so nobody can change it", () => {
    const principal = account({ claims: { nested: { list: [1] } } });
    expect(() => Object.assign(principal, { id: "root" })).toThrow(TypeError);
    expect(() => (principal.amr as string[]).push("otp")).toThrow(TypeError);
    expect(() => (principal.permissions as Set<string>).add("notes:share")).toThrow(TypeError);
    expect(() => Object.assign(principal.claims["nested"] as object, { list: [] })).toThrow(TypeError);
    Set.prototype.add.call(principal.permissions, "notes:share");
    expect(principal.can("notes:share" as "notes:read")).toBe(false);
  });

  test("corpus 60: __proto__ and constructor in own claims change nothing but themselves", () => {
    const own = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"plan":"pro"}');
    const { claims } = account({ claims: own });
    expect(claims["plan"]).toBe("pro");
    expect(claims["admin"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
  });

  test("own claims are read by the API's schema, and refused where they do not fit", () => {
    const typed = { ...rules, claims: z.object({ seats: z.coerce.number().int() }) };
    const make = (claims: Record<string, string>) => principalOf({ ...ann, claims }, typed);
    expect(make({ seats: "3", other: "x" })).toMatchObject({ claims: { seats: 3 } });
    expect(() => make({ seats: "many" })).toThrow(expect.objectContaining({ reason: "token_invalid" }));
    expect(() => make({})).toThrow(expect.objectContaining({ reason: "token_invalid" }));
  });
});
