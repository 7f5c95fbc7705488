import type { AccessDeclaration } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import type { Role } from "../../store/records.ts";
import { type Known, planAccess } from "./access-plan.ts";

const NOTES = "https://notes.example";
const FILES = "https://files.example";

const role = (name: string, ...permissions: string[]): Role => ({
  name,
  description: "",
  builtIn: false,
  permissions: permissions.map((text) => {
    const [permission = "", audience = NOTES] = text.split("@", 2);
    return { audience, permission };
  }),
});
const declared = (roles: AccessDeclaration["roles"], ...permissions: string[]): AccessDeclaration => ({
  audience: NOTES,
  permissions,
  roles,
});
const known = (
  permissions: string[],
  roles: Role[] = [],
  ...declarations: [role: string, audience: string][]
): Known => ({
  audience: { permissions, procedures: null, boundTokens: false },
  roles,
  declarations: declarations.map(([role, audience]) => ({ role, audience })),
});
/** What happens to each role, in short. */
const happens = (declaration: AccessDeclaration, there: Known) =>
  Object.fromEntries(
    planAccess(declaration, there).roles.map(({ role, ...rest }) => [
      role.name,
      Object.fromEntries(Object.entries(rest).filter(([, value]) => (Array.isArray(value) ? value.length : value))),
    ]),
  );

describe("a declaration compared with what is known", () => {
  test("makes everything of an API that is new", () => {
    const declaration = declared({ editor: { description: "Writes", permissions: ["a:write"] } }, "a:read", "a:write");
    const plan = planAccess(declaration, { audience: undefined, roles: [], declarations: [] });
    expect(plan).toMatchObject({ registers: true, adds: ["a:read", "a:write"], undeclared: [] });
    expect(plan.roles).toMatchObject([
      { role: { name: "editor", description: "Writes" }, isNew: true, adds: ["a:write"], declares: true },
    ]);
  });

  test("takes over an access table that is another one, and keeps the one that is left out", () => {
    const there = known(["a:read"]);
    const first = { ...declared({}, "a:read"), procedures: { "a.list": { allowed: ["a:read"] } } };
    expect(planAccess(first, there)).toMatchObject({ tells: true, procedures: first.procedures });
    const audience = { id: NOTES, permissions: ["a:read"], procedures: first.procedures, boundTokens: false };
    const then = { ...there, audience };
    expect(planAccess(first, then)).toMatchObject({ tells: false, procedures: first.procedures });
    expect(planAccess(declared({}, "a:read"), then)).toMatchObject({ tells: false, procedures: first.procedures });
    expect(planAccess({ ...first, procedures: {} }, then)).toMatchObject({ tells: true, procedures: {} });
    expect(planAccess({ ...first, boundTokens: true }, then)).toMatchObject({ rebinds: true, boundTokens: true });
    const bound = { ...then, audience: { ...audience, boundTokens: true } };
    expect(planAccess(first, bound)).toMatchObject({ rebinds: false, boundTokens: true });
    expect(planAccess({ ...first, boundTokens: false }, bound)).toMatchObject({ rebinds: true, boundTokens: false });
  });

  test("finds nothing to do where all is there", () => {
    const declaration = declared({ editor: { permissions: ["a:read"] } }, "a:read");
    const plan = planAccess(declaration, known(["a:read"], [role("editor", "a:read")], ["editor", NOTES]));
    expect(plan).toMatchObject({ registers: false, adds: [], undeclared: [], roles: [] });
  });

  test("adds to a role of the same name, whoever made it, and then knows that it is declared", () => {
    const there = known(["a:read", "a:write"], [role("editor", "a:read", `b:read@${FILES}`)], ["editor", FILES]);
    expect(happens(declared({ editor: { permissions: ["a:read", "a:write"] } }, "a:read", "a:write"), there)).toEqual({
      editor: { adds: ["a:write"], declares: true },
    });
  });

  test("finds undeclared what a declared role holds beyond, and nothing of other APIs", () => {
    const there = known(
      ["a:read", "a:write"],
      [role("editor", "a:read", "a:write", `b:x@${FILES}`)],
      ["editor", NOTES],
    );
    expect(happens(declared({ editor: { permissions: ["a:read"] } }, "a:read", "a:write"), there)).toEqual({
      editor: { undeclared: ["a:write"] },
    });
  });

  test("leaves a role that people made what the API still knows, and finds the rest undeclared", () => {
    const there = known(["a:read", "a:old"], [role("mine", "a:read", "a:old"), role("other", "a:read")]);
    const plan = planAccess(declared(undefined, "a:read"), there);
    expect(plan.undeclared).toEqual(["a:old"]);
    expect(happens(declared(undefined, "a:read"), there)).toEqual({ mine: { undeclared: ["a:old"] } });
  });

  test("a role that is declared no more loses what it holds here, and goes when nothing is left", () => {
    const there = known(
      ["a:read"],
      [role("gone", "a:read"), role("empty"), role("shared", "a:read"), role("kept", "a:read", `b:x@${FILES}`)],
      ["gone", NOTES],
      ["empty", NOTES],
      ["shared", NOTES],
      ["shared", FILES],
      ["kept", NOTES],
    );
    expect(happens(declared({}, "a:read"), there)).toEqual({
      gone: { undeclared: ["a:read"], isDropped: true, isEmptied: true },
      empty: { isDropped: true, isEmptied: true },
      shared: { undeclared: ["a:read"], isDropped: true },
      kept: { undeclared: ["a:read"], isDropped: true },
    });
  });

  test("corpus 60: names of an object's own members are roles like any other, and only where they are declared", () => {
    const there = known(["a:read"], [role("constructor", "a:read"), role("valueof")]);
    expect(happens(declared({}, "a:read"), there)).toEqual({});
    const roles = { constructor: { permissions: ["a:read"] } };
    expect(happens(declared(roles, "a:read"), there)).toEqual({ constructor: { declares: true } });
  });
});
