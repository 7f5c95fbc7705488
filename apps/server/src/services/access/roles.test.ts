import { FACT_LIFE_MS } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, NOTES, openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
let admin: Person;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  admin = await issuer.administrator();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const own = (...permissions: string[]) => permissions.map((permission) => ({ audience: ISSUER, permission }));
const define = (name: string, ...permissions: string[]) => ({
  name,
  description: name,
  permissions: own(...permissions),
});
const scopeOf = async (person: Person) => {
  const input = { client: "cli", refreshToken: person.refreshToken };
  return (await issuer.services.sessions.refresh(input, SOMEBODY)).tokens[0]?.scope;
};
/** Somebody who may give and take roles, and nothing else. */
const roleKeeper = async () => {
  await issuer.services.roles.create(define("keeper", "roles:read", "roles:write"), admin.actor);
  const keeper = await issuer.person("keeper");
  await issuer.services.roles.grant(keeper.id, "keeper", admin.actor);
  return keeper;
};

describe("roles", () => {
  test("administrator and member are there from the start and are nobody's to change", async () => {
    const { roles } = issuer.services;
    expect((await roles.list()).map(({ name, builtIn }) => [name, builtIn])).toEqual([
      ["administrator", true],
      ["member", true],
    ]);
    expect(await reasonOf(roles.update(define("administrator"), admin.actor))).toBe("conflict");
    expect(await reasonOf(roles.remove("member", admin.actor))).toBe("conflict");
    expect(await reasonOf(roles.create(define("member"), admin.actor))).toBe("conflict");
  });

  test("widening takes effect at the next refresh, and makes no token old", async () => {
    await issuer.services.roles.create(define("reader", "users:read"), admin.actor);
    await issuer.services.roles.grant(ann.id, "reader", admin.actor);
    await issuer.judge(ann.accessToken);
    expect(await scopeOf(ann)).toBe("users:read");
    await issuer.services.roles.update(define("reader", "users:read", "audit:read"), admin.actor);
    await issuer.judge(ann.accessToken);
    expect(await scopeOf(ann)).toBe("audit:read users:read");
  });

  test("ASVS 8.3.2: narrowing a role makes the tokens of all who hold it too old at once, and no others", async () => {
    const [bob, carl] = [await issuer.person("bob"), await issuer.person("carl")];
    await issuer.services.roles.create(define("reader", "users:read", "audit:read"), admin.actor);
    for (const person of [ann, bob]) await issuer.services.roles.grant(person.id, "reader", admin.actor);
    await issuer.services.roles.update(define("reader", "users:read"), admin.actor);
    for (const person of [ann, bob]) expect(await reasonOf(issuer.judge(person.accessToken))).toBe("token_stale");
    for (const person of [carl, admin]) await issuer.judge(person.accessToken);
    expect(await scopeOf(ann)).toBe("users:read");
  });

  test("narrowing reaches the token that a repeated refresh was given, long after the rotation", async () => {
    await issuer.services.roles.create(define("reader", "users:read"), admin.actor);
    await issuer.services.roles.grant(ann.id, "reader", admin.actor);
    await scopeOf(ann);
    await issuer.advance(FACT_LIFE_MS + 1);
    const input = { client: "cli", refreshToken: ann.refreshToken };
    const { tokens } = await issuer.services.sessions.refresh(input, SOMEBODY);
    expect(tokens[0]?.scope).toBe("users:read");
    const keeper = await issuer.signIn(admin.email);
    await issuer.services.roles.update(define("reader"), keeper.actor);
    expect(await reasonOf(issuer.judge(tokens[0]?.access_token ?? ""))).toBe("token_stale");
  });

  test("taking a role away makes the tokens of that account too old", async () => {
    await issuer.services.roles.create(define("reader", "users:read"), admin.actor);
    await issuer.services.roles.grant(ann.id, "reader", admin.actor);
    await issuer.services.roles.revoke(ann.id, "reader", admin.actor);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("token_stale");
    expect(await scopeOf(ann)).toBe("");
  });

  test("removing a role takes it from everybody", async () => {
    await issuer.services.roles.create(define("reader", "users:read"), admin.actor);
    await issuer.services.roles.grant(ann.id, "reader", admin.actor);
    await issuer.services.roles.remove("reader", admin.actor);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("token_stale");
    expect(await issuer.store.roles.ofAccount(ann.id)).toEqual([]);
    expect(await reasonOf(issuer.services.roles.remove("reader", admin.actor))).toBe("not_found");
  });

  test("ASVS 16.3.3: nobody gives what they do not hold, and who tries is written down", async () => {
    const keeper = await roleKeeper();
    const { roles, invitations } = issuer.services;
    expect(await reasonOf(roles.grant(keeper.id, "administrator", keeper.actor))).toBe("not_permitted");
    expect(await reasonOf(roles.create(define("writer", "users:write"), keeper.actor))).toBe("not_permitted");
    expect(
      await reasonOf(roles.update(define("keeper", "roles:read", "roles:write", "users:write"), keeper.actor)),
    ).toBe("not_permitted");
    const guest = { email: "guest@example.com", roles: ["administrator"] };
    expect(await reasonOf(invitations.create(guest, keeper.actor))).toBe("not_permitted");
    const elsewhere = { name: "notes", description: "", permissions: [{ audience: NOTES, permission: "notes:read" }] };
    expect(await reasonOf(roles.create(elsewhere, keeper.actor))).toBe("not_permitted");
    expect(await issuer.store.audit.list({ limit: 10, event: "role.refused" })).toHaveLength(4);
    const [invited, ...others] = await issuer.store.audit.list({ limit: 10, event: "invitation.refused" });
    expect(invited).toMatchObject({ actor: keeper.id, outcome: "refused", detail: { roles: "administrator" } });
    expect(others).toEqual([]);
    await roles.grant(ann.id, "keeper", keeper.actor);
    await roles.grant(ann.id, "member", keeper.actor);
  });

  test("who holds every permission of administrators is none, and neither makes nor unmakes one", async () => {
    const { roles, invitations } = issuer.services;
    const [administrator] = await roles.list();
    const permissions = administrator?.permissions ?? [];
    await roles.create({ name: "deputy", description: "", permissions }, admin.actor);
    await roles.grant(ann.id, "deputy", admin.actor);
    const bob = await issuer.person("bob");
    await roles.grant(bob.id, "administrator", admin.actor);
    expect(await reasonOf(roles.grant(ann.id, "administrator", ann.actor))).toBe("not_permitted");
    expect(await reasonOf(roles.revoke(bob.id, "administrator", ann.actor))).toBe("not_permitted");
    const guest = { email: "guest@example.com", roles: ["member", "administrator"] };
    expect(await reasonOf(invitations.create(guest, ann.actor))).toBe("not_permitted");
    await roles.grant(bob.id, "deputy", ann.actor);
    await invitations.create({ ...guest, roles: ["member", "deputy"] }, ann.actor);
  });

  test.each(["disable", "remove"] as const)("an actor gone by %s gives, takes and invites nothing", async (act) => {
    const { roles, invitations, accounts } = issuer.services;
    await roles.grant(ann.id, "administrator", admin.actor);
    await roles.create(define("empty"), admin.actor);
    await accounts[act](ann.id, admin.actor);
    const guest = { email: "guest@example.com", roles: [] };
    for (const attempt of [
      roles.grant(admin.id, "member", ann.actor),
      roles.revoke(admin.id, "member", ann.actor),
      roles.create(define("other"), ann.actor),
      roles.update(define("empty"), ann.actor),
      roles.remove("empty", ann.actor),
      invitations.create(guest, ann.actor),
      accounts.endSessions(admin.id, ann.actor),
    ]) {
      expect(await reasonOf(attempt)).toBe("not_permitted");
    }
  });

  test("nobody takes what they do not hold", async () => {
    const keeper = await roleKeeper();
    await issuer.services.roles.grant(ann.id, "administrator", admin.actor);
    expect(await reasonOf(issuer.services.roles.revoke(ann.id, "administrator", keeper.actor))).toBe("not_permitted");
    await issuer.services.roles.create(define("reader", "users:read"), admin.actor);
    expect(await reasonOf(issuer.services.roles.remove("reader", keeper.actor))).toBe("not_permitted");
    expect(await reasonOf(issuer.services.roles.update(define("reader"), keeper.actor))).toBe("not_permitted");
  });

  test("what one holds is judged by what holds now, not by the token", async () => {
    const keeper = await roleKeeper();
    await issuer.services.roles.revoke(keeper.id, "keeper", admin.actor);
    expect(await reasonOf(issuer.services.roles.grant(ann.id, "keeper", keeper.actor))).toBe("not_permitted");
  });

  test("the last administrator cannot be stripped, and of two who leave at once one stays", async () => {
    const { roles } = issuer.services;
    expect(await reasonOf(roles.revoke(admin.id, "administrator", admin.actor))).toBe("last_administrator");
    await roles.grant(ann.id, "administrator", admin.actor);
    const outcomes = await Promise.all([
      reasonOf(roles.revoke(admin.id, "administrator", admin.actor)),
      reasonOf(roles.revoke(ann.id, "administrator", ann.actor)),
    ]);
    expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(await issuer.store.roles.enabledHolders("administrator")).toBe(1);
  });

  test.each([
    {
      what: "an audience that is not registered",
      permissions: [{ audience: "https://x.example", permission: "a:b" }],
      reason: "invalid_target",
    },
    { what: "a permission that its audience does not know", permissions: own("users:eat"), reason: "bad_request" },
  ])("cannot hold $what", async ({ permissions, reason }) => {
    const { roles } = issuer.services;
    expect(await reasonOf(roles.create({ name: "odd", description: "", permissions }, admin.actor))).toBe(reason);
  });

  test("of an account or by a name that does not exist are not found", async () => {
    const { roles } = issuer.services;
    expect(await reasonOf(roles.grant("A".repeat(22), "member", admin.actor))).toBe("not_found");
    expect(await reasonOf(roles.grant(ann.id, "nobody-made-this", admin.actor))).toBe("not_found");
    expect(await reasonOf(roles.update(define("nobody-made-this"), admin.actor))).toBe("not_found");
  });

  test("a new release's permissions reach administrators when it starts", async () => {
    await issuer.store.roles.update({
      name: "administrator",
      description: "",
      builtIn: true,
      permissions: own("users:read"),
    });
    const later = await openTestIssuer(issuer.options);
    const [administrator] = await later.services.roles.list();
    expect(administrator?.permissions).toContainEqual({ audience: ISSUER, permission: "audit:read" });
    await later.close();
  });
});
