import type { AccessDeclaration } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { putHolders } from "../testing/many-holders.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, NOTES, openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";

const FILES = "https://files.example";
const notes: AccessDeclaration = {
  audience: NOTES,
  permissions: ["notes:read", "notes:write"],
  roles: {
    editor: { description: "Writes notes", permissions: ["notes:read", "notes:write"] },
    reader: { permissions: ["notes:read"] },
  },
};
const PUSH = { prune: false, dryRun: false, emails: false };
const PRUNE = { ...PUSH, prune: true };

let issuer: TestIssuer;
let admin: Person;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer({ audiences: [] });
  admin = await issuer.administrator();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const push = (declaration: AccessDeclaration, options = PUSH, by = admin) =>
  issuer.services.access.push(declaration, options, by.actor);
const roleOf = async (name: string) => (await issuer.store.roles.byName(name))?.permissions;
const at = (audience: string, ...permissions: string[]) => permissions.map((permission) => ({ audience, permission }));
const scopeOf = async ({ refreshToken }: Person, audience = NOTES) => {
  const input = { client: "cli", refreshToken, audiences: [audience] };
  return (await issuer.services.sessions.refresh(input, SOMEBODY)).tokens[0]?.scope;
};
const events = async (event: string) => await issuer.store.audit.list({ limit: 100, event });
const pushes = async () => (await events("access.pushed")).filter(({ subject }) => subject === NOTES);
/** Somebody who may push and nothing else, by a role of that name. */
const deployer = async () => {
  const permissions = at(ISSUER, "access:write");
  await issuer.services.roles.create({ name: "deployer", description: "", permissions }, admin.actor);
  const person = await issuer.person("deployer");
  await issuer.services.roles.grant(person.id, "deployer", admin.actor);
  return person;
};

describe("a push", () => {
  test("makes an API known, with its roles, to everybody who may have them", async () => {
    const report = await push(notes);
    expect(report.added).toEqual({
      audience: true,
      permissions: ["notes:read", "notes:write"],
      procedures: false,
      boundTokens: null,
      roles: [
        { name: "editor", isNew: true, permissions: ["notes:read", "notes:write"], accounts: 0 },
        { name: "reader", isNew: true, permissions: ["notes:read"], accounts: 0 },
      ],
    });
    expect(await issuer.store.roles.byName("editor")).toMatchObject({ description: "Writes notes", builtIn: false });
    await issuer.services.roles.grant(ann.id, "editor", admin.actor);
    expect(await scopeOf(ann)).toBe("notes:read notes:write");
    expect(await issuer.services.access.audiences()).toEqual([
      { audience: ISSUER, permissions: expect.arrayContaining(["access:write", "users:read"]), roles: [] },
      { audience: NOTES, permissions: ["notes:read", "notes:write"], roles: ["editor", "reader"] },
    ]);
  });

  test("done again changes and audits nothing", async () => {
    await push(notes);
    const { added, undeclared } = await push(notes, PRUNE);
    expect(added).toEqual({ audience: false, permissions: [], procedures: false, boundTokens: null, roles: [] });
    expect(undeclared).toEqual({ permissions: [], roles: [], accounts: 0, emails: [] });
    expect(await pushes()).toHaveLength(1);
  });

  test("adds only: what is left out stays, and so does what an administrator added", async () => {
    await push(notes);
    const more = { name: "reader", description: "Mine", permissions: at(NOTES, "notes:read", "notes:write") };
    await issuer.services.roles.update(more, admin.actor);
    const less = { audience: NOTES, permissions: ["notes:share"], roles: { sharer: { permissions: ["notes:share"] } } };
    const report = await push(less);
    expect(report.added).toMatchObject({ permissions: ["notes:share"], roles: [{ name: "sharer" }] });
    expect(report.undeclared.permissions.map(({ permission }) => permission)).toEqual(["notes:read", "notes:write"]);
    expect((await issuer.store.audiences.byId(NOTES))?.permissions).toEqual([
      "notes:read",
      "notes:write",
      "notes:share",
    ]);
    expect(await roleOf("reader")).toEqual(more.permissions);
    expect(await issuer.store.roles.byName("reader")).toMatchObject({ description: "Mine" });
    expect(await roleOf("editor")).toEqual(at(NOTES, "notes:read", "notes:write"));
  });

  test("widening makes no token old, and holds at the next refresh", async () => {
    await push({ ...notes, roles: { editor: { permissions: ["notes:read"] } } });
    await issuer.services.roles.grant(ann.id, "editor", admin.actor);
    const report = await push(notes);
    expect(report.added.roles[0]).toEqual({ name: "editor", isNew: false, permissions: ["notes:write"], accounts: 1 });
    await issuer.judge(ann.accessToken);
    expect(await scopeOf(ann)).toBe("notes:read notes:write");
  });

  test("is written down with what changed, by whom", async () => {
    await push(notes);
    const detail = { added: "notes:read notes:write", removed: "", roles: 2, procedures: false, bound: false };
    expect(await pushes()).toMatchObject([{ actor: admin.id, outcome: "success", detail }]);
    expect((await events("role.created")).map(({ subject, detail }) => [subject, detail["audience"]]).sort()).toEqual([
      ["editor", NOTES],
      ["reader", NOTES],
    ]);
  });

  test("dry, reports the same and changes nothing", async () => {
    const dry = await push(notes, { ...PUSH, dryRun: true });
    expect(await issuer.store.audiences.byId(NOTES)).toBeUndefined();
    expect(await events("role.created")).toEqual([]);
    expect(await push(notes)).toEqual(dry);
  });

  test("that is given a plan does that one or none", async () => {
    await push(notes);
    const less = { ...notes, permissions: ["notes:read"], roles: {} };
    const { plan } = await push(less, { ...PRUNE, dryRun: true });
    const meanwhile = { name: "late", description: "", permissions: at(NOTES, "notes:write") };
    await issuer.services.roles.create(meanwhile, admin.actor);
    expect(await reasonOf(push(less, { ...PRUNE, ...{ plan } }))).toBe("conflict");
    expect(await roleOf("editor")).toEqual(at(NOTES, "notes:read", "notes:write"));
    const again = await push(less, { ...PRUNE, dryRun: true });
    await push(less, { ...PRUNE, ...{ plan: again.plan } });
    expect(await roleOf("late")).toEqual([]);
  });

  test("of two at once each finds what the other made", async () => {
    await Promise.all(Array.from({ length: 8 }, () => push(notes)));
    expect(await pushes()).toHaveLength(1);
    expect(await events("role.created")).toHaveLength(2);
  });
});

describe("pruning", () => {
  const less: AccessDeclaration = {
    audience: NOTES,
    permissions: ["notes:read"],
    roles: { reader: { permissions: ["notes:read"] } },
  };
  beforeEach(async () => {
    await push(notes);
    await issuer.services.roles.grant(ann.id, "editor", admin.actor);
  });

  test("tells beforehand what would go, and who is affected", async () => {
    const bob = await issuer.person("bob");
    await issuer.services.roles.grant(bob.id, "editor", admin.actor);
    await issuer.services.roles.grant(bob.id, "reader", admin.actor);
    const { undeclared } = await push(less);
    expect(undeclared).toEqual({
      permissions: [{ permission: "notes:write", roles: ["editor"], accounts: 2 }],
      roles: [{ name: "editor", goes: true, permissions: ["notes:read", "notes:write"], accounts: 2 }],
      accounts: 2,
      emails: [],
    });
    const named = await push(less, { ...PUSH, emails: true });
    expect([...named.undeclared.emails].sort()).toEqual(["ann@example.com", "bob@example.com"]);
    expect(await roleOf("editor")).toHaveLength(2);
  });

  test("ASVS 8.3.2: the tokens of who held what went are too old at once, and nobody else's", async () => {
    const bob = await issuer.person("bob");
    await issuer.services.roles.grant(bob.id, "reader", admin.actor);
    await push(less, PRUNE);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("token_stale");
    for (const person of [bob, admin]) await issuer.judge(person.accessToken);
    expect(await scopeOf(ann)).toBe("");
    expect(await scopeOf(bob)).toBe("notes:read");
    expect(await issuer.store.roles.byName("editor")).toBeUndefined();
    expect((await issuer.store.audiences.byId(NOTES))?.permissions).toEqual(["notes:read"]);
    expect((await pushes()).map(({ actor, detail }) => [actor, detail["removed"]])).toContainEqual([
      admin.id,
      "notes:write",
    ]);
    expect(await events("role.removed")).toMatchObject([{ actor: admin.id, subject: "editor" }]);
  });

  test("takes a permission that the API no longer knows out of roles that people made", async () => {
    const permissions = [...at(NOTES, "notes:read", "notes:write"), ...at(ISSUER, "users:read")];
    await issuer.services.roles.create({ name: "mine", description: "", permissions }, admin.actor);
    await push(less, PRUNE);
    expect(await roleOf("mine")).toEqual([...at(ISSUER, "users:read"), ...at(NOTES, "notes:read")]);
  });

  test("narrows a declared role to what is declared, what an administrator added here included", async () => {
    const permissions = [...at(NOTES, "notes:read", "notes:write"), ...at(ISSUER, "users:read")];
    await issuer.services.roles.update({ name: "reader", description: "", permissions }, admin.actor);
    await push(notes, PRUNE);
    expect(await roleOf("reader")).toEqual([...at(ISSUER, "users:read"), ...at(NOTES, "notes:read")]);
    expect(await events("role.updated")).toContainEqual(
      expect.objectContaining({ subject: "reader", detail: { given: 0, taken: 1, audience: NOTES } }),
    );
  });

  test("ASVS 8.2.2: takes nothing that another API declared, and leaves a role that it brought along too", async () => {
    const files = { audience: FILES, permissions: ["files:read"], roles: { editor: { permissions: ["files:read"] } } };
    await push(files);
    await push({ ...files, permissions: [], roles: {} }, PRUNE);
    expect(await roleOf("editor")).toEqual(at(NOTES, "notes:read", "notes:write"));
    await push(files);
    await push(less, PRUNE);
    expect(await roleOf("editor")).toEqual(at(FILES, "files:read"));
    expect(await issuer.store.roles.ofAccount(ann.id)).toEqual(["editor"]);
  });

  test("reaches holders beyond one chunk", async () => {
    await putHolders(issuer.options, { role: "editor", count: 601, minters: 601, at: issuer.world.now() });
    const { undeclared } = await push(less, { ...PRUNE, emails: true });
    expect([undeclared.accounts, undeclared.emails.length]).toEqual([602, 10]);
    const told = (await issuer.store.revocations.since(0)).map(({ fact }) => fact);
    expect(told).toHaveLength(602);
    expect(told).toContainEqual({ kind: "account", id: "holder 601", least: 2 });
  });
});

describe("who may push", () => {
  test("makes APIs and permissions known, which gives nobody anything", async () => {
    const somebody = await deployer();
    await push({ audience: NOTES, permissions: ["notes:read"] }, PUSH, somebody);
    await push({ audience: NOTES, permissions: ["notes:write"] }, PRUNE, somebody);
    expect((await issuer.store.audiences.byId(NOTES))?.permissions).toEqual(["notes:write"]);
    expect(await scopeOf(somebody)).toBe("");
  });

  test("ASVS 8.2.1: gives nobody, through a role, what they do not hold, and who tries is written down", async () => {
    const somebody = await deployer();
    const themselves = { ...notes, roles: { deployer: { permissions: ["notes:read"] } } };
    for (const declaration of [themselves, notes]) {
      expect(await reasonOf(push(declaration, PUSH, somebody))).toBe("not_permitted");
    }
    expect(await issuer.store.audiences.byId(NOTES)).toBeUndefined();
    expect(await events("access.refused")).toMatchObject([
      { actor: somebody.id, subject: NOTES, outcome: "refused" },
      { actor: somebody.id, subject: NOTES },
    ]);
  });

  test("takes from nobody what they do not hold, and does what they do", async () => {
    const somebody = await deployer();
    await push(notes);
    const none = { ...notes, permissions: [], roles: {} };
    expect(await reasonOf(push(none, PRUNE, somebody))).toBe("not_permitted");
    await issuer.services.roles.grant(somebody.id, "editor", admin.actor);
    await push({ ...notes, roles: { ...notes.roles, helper: { permissions: ["notes:read"] } } }, PUSH, somebody);
    expect(await roleOf("helper")).toEqual(at(NOTES, "notes:read"));
    await push(none, PRUNE, somebody);
    expect(await roleOf("editor")).toBeUndefined();
  });

  test("takes from no service what they do not hold either", async () => {
    const somebody = await deployer();
    await push(notes);
    const named = { name: "mailer", permissions: at(NOTES, "notes:write") };
    const { id, secret } = await issuer.services.servicePrincipals.create(named, admin.actor);
    const less = { audience: NOTES, permissions: ["notes:read"] };
    expect(await reasonOf(push(less, PRUNE, somebody))).toBe("not_permitted");
    await issuer.services.serviceTokens.issue({ id, secret: secret.secret, audience: NOTES }, SOMEBODY);
    await push(less, PRUNE);
    expect(await issuer.store.services.permissions(id)).toEqual([]);
  });

  test("ASVS 8.2.1: declares nothing at the issuer itself, an administrator neither", async () => {
    const somebody = await deployer();
    const own = {
      audience: ISSUER,
      permissions: ["users:write"],
      roles: { deployer: { permissions: ["users:write"] } },
    };
    for (const person of [somebody, admin]) {
      for (const options of [PUSH, PRUNE]) expect(await reasonOf(push(own, options, person))).toBe("invalid_target");
    }
    // The same words at another API are other permissions.
    await push({ audience: FILES, permissions: ["users:write"] }, PUSH, somebody);
    expect(await scopeOf(somebody, ISSUER)).toBe("access:write");
  });

  test.each(["administrator", "member"])("declares no built-in role: %s", async (name) => {
    const roles = { [name]: { permissions: ["notes:read"] } };
    expect(await reasonOf(push({ ...notes, roles }))).toBe("conflict");
    expect(await issuer.store.audiences.byId(NOTES)).toBeUndefined();
  });
});
