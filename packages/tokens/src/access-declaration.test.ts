import { describe, expect, test } from "vitest";
import { type AccessDeclaration, accessDeclaration, readAccessDeclaration } from "./access-declaration.ts";

const notes = {
  audience: "https://notes.example",
  permissions: ["notes:read", "notes:write"],
  roles: { editor: { description: "Writes", permissions: ["notes:read", "notes:write"] }, idle: { permissions: [] } },
  procedures: {
    "notes.list": { allowed: ["notes:read"] },
    "notes.any": { allowedAny: ["notes:read", "notes:write"] },
    "notes.purge": { signedIn: true, within: 60 },
    me: { signedIn: true },
    health: { open: "load balancers ask" },
    hello: { orSignedIn: "greets by name" },
  },
} as const satisfies AccessDeclaration;

describe("a declaration of access", () => {
  test("is read as it stands, from code and from JSON", () => {
    expect(readAccessDeclaration(notes)).toStrictEqual(notes);
    expect(readAccessDeclaration(JSON.parse(JSON.stringify(notes)))).toStrictEqual(notes);
    const { roles: _, ...bare } = notes;
    expect(readAccessDeclaration(bare)).toStrictEqual(bare);
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "Invalid input"],
    ["an audience without TLS", { ...notes, audience: "http://notes.example" }, "audience: has to be"],
    ["an audience with a secret in it", { ...notes, audience: "https://ann:x@notes.example" }, "audience: has to be"],
    ["an audience that fits no claim", { ...notes, audience: `https://notes.example/${"x".repeat(255)}` }, "audience:"],
    ["no permissions", { audience: notes.audience }, "permissions: "],
    [
      "a permission of another form",
      { ...notes, permissions: ["notes:read", "read notes"] },
      'permissions[1]: "read notes" is not of the form noun:verb',
    ],
    ["a permission twice", { ...notes, permissions: ["a:b", "a:b"], roles: {} }, 'permissions[1]: "a:b" stands twice'],
    [
      "too many permissions",
      { ...notes, permissions: Array.from({ length: 501 }, (_, n) => `a:b${n}`) },
      "permissions",
    ],
    [
      "a role's name in capitals",
      { ...notes, roles: { Editor: { permissions: [] } } },
      "roles.Editor: has to be small",
    ],
    [
      "a role that holds what is not declared",
      { ...notes, roles: { editor: { permissions: ["notes:read", "users:write"] } } },
      'roles.editor.permissions[1]: "users:write" is none of the declared permissions',
    ],
    [
      "a role's description that moves a cursor",
      { ...notes, roles: { editor: { description: "x\u001b[2J", permissions: [] } } },
      "roles.editor.description: has to be a text on one line",
    ],
    [
      "too many roles",
      { ...notes, roles: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`r${n}`, { permissions: [] }])) },
      "roles: has to be 100 at most",
    ],
    ["a policy that nobody knows", { ...notes, procedures: { me: { signedOut: true } } }, "procedures.me: Invalid"],
    [
      "a policy of two kinds",
      { ...notes, procedures: { me: { signedIn: true, open: "x" } } },
      "procedures.me: Invalid",
    ],
    [
      "too many procedures",
      {
        ...notes,
        procedures: Object.fromEntries(Array.from({ length: 2001 }, (_, n) => [`p${n}`, { signedIn: true }])),
      },
      "procedures: has to be 2000 at most",
    ],
    ["a member that nobody knows", { ...notes, scopes: [] }, "scopes"],
  ])("is refused with %s, and told where", (_, value, says) => {
    expect(() => readAccessDeclaration(value)).toThrow(TypeError);
    expect(() => readAccessDeclaration(value)).toThrow(says);
  });

  test.each([
    ["declaration", '{"__proto__":{"polluted":true},"audience":"https://a.example","permissions":[]}'],
    ["role", '{"audience":"https://a.example","permissions":["a:b"],"roles":{"__proto__":{"permissions":["a:b"]}}}'],
    [
      "role's member",
      '{"audience":"https://a.example","permissions":[],"roles":{"a":{"permissions":[],"__proto__":{}}}}',
    ],
  ])("corpus 60: a %s named __proto__ is refused, not passed over, and merges nothing", (_, json) => {
    expect(() => readAccessDeclaration(JSON.parse(json))).toThrow("__proto__");
    expect(accessDeclaration.safeParse(JSON.parse(json)).success).toBe(false);
    expect({}).not.toHaveProperty("polluted");
    expect({}).not.toHaveProperty("permissions");
  });

  test("corpus 60: a role may be called constructor, and is one like any other", () => {
    const roles = { constructor: { permissions: ["notes:read"] } };
    expect(Object.entries(readAccessDeclaration({ ...notes, roles }).roles ?? {})).toEqual(Object.entries(roles));
  });
});
