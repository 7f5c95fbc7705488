import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import {
  ISSUER,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "../testing/test-issuer.ts";

const NEXT = "quite another passphrase";

let issuer: TestIssuer;
let admin: Person;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  admin = await issuer.administrator();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const refresh = (person: Person) =>
  reasonOf(issuer.services.sessions.refresh({ client: "cli", refreshToken: person.refreshToken }, SOMEBODY));

describe("an account", () => {
  test("is shown without its password hash", async () => {
    const shown = await issuer.services.accounts.get({ id: ann.id });
    const { metadata, ...listed } = shown;
    expect(Object.keys(listed).sort()).toEqual(["createdAt", "disabledAt", "email", "id", "name", "roles"]);
    expect(metadata).toEqual({ public: {}, private: {} });
    expect(await issuer.services.accounts.list({ limit: 10 })).toContainEqual(listed);
    expect(await reasonOf(issuer.services.accounts.get({ id: "A".repeat(22) }))).toBe("not_found");
  });
});

describe("changing the password", () => {
  const change = (current: string, next: string) =>
    issuer.services.accounts.changePassword({ current, next }, ann.actor);

  test("server case 5, ASVS 7.4.3: makes every token too old, ends the other sessions, and leaves this one", async () => {
    const phone = await issuer.signIn(ann.email);
    await change(PASSWORD, NEXT);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("token_stale");
    expect(await reasonOf(issuer.judge(phone.accessToken))).toBe("session_ended");
    expect(await refresh(phone)).toBe("invalid_grant");
    const { tokens } = await issuer.services.sessions.refresh(
      { client: "cli", refreshToken: ann.refreshToken },
      SOMEBODY,
    );
    await issuer.judge(tokens[0]?.access_token ?? "");
    await issuer.judge(admin.accessToken);
  });

  test("puts the new password in the place of the old one", async () => {
    await change(PASSWORD, NEXT);
    expect(await reasonOf(issuer.signIn(ann.email, PASSWORD))).toBe("wrong_credentials");
    await issuer.signIn(ann.email, NEXT);
  });

  test("ASVS 6.2.3, 7.5.1: needs the current one, and guesses at it are limited", async () => {
    for (let guess = 0; guess < 10; guess += 1) expect(await reasonOf(change("wrong", NEXT))).toBe("wrong_credentials");
    expect(await reasonOf(change(PASSWORD, NEXT))).toBe("rate_limited");
    expect(await issuer.store.audit.list({ limit: 100, event: "account.password_refused" })).toHaveLength(10);
    await issuer.judge(ann.accessToken);
  });

  test("ASVS 6.2.4: refuses a common one, and changes nothing", async () => {
    expect(await reasonOf(change(PASSWORD, "password123"))).toBe("password_unsuitable");
    await issuer.judge(ann.accessToken);
    await issuer.signIn(ann.email, PASSWORD);
  });

  test("twice at once succeeds once", async () => {
    const outcomes = await Promise.all([reasonOf(change(PASSWORD, NEXT)), reasonOf(change(PASSWORD, `${NEXT}!`))]);
    expect(outcomes.sort()).toEqual(["conflict", undefined]);
  });
});

describe("administering accounts", () => {
  const acts = ["disable", "enable", "remove", "endSessions"] as const;
  const roleOf = (name: string, permission: string) => ({
    name,
    description: "",
    permissions: [{ audience: ISSUER, permission }],
  });
  /** Somebody who holds one permission and nothing else. */
  const helperOf = async (permission: string) => {
    const helper = await issuer.person("helper");
    await issuer.services.roles.create(roleOf("helper", permission), admin.actor);
    await issuer.services.roles.grant(helper.id, "helper", admin.actor);
    return helper;
  };

  test("server case 5, ASVS 7.4.2: disabling refuses every token at once, and every refresh", async () => {
    const phone = await issuer.signIn(ann.email);
    await issuer.services.accounts.disable(ann.id, admin.actor);
    for (const person of [ann, phone]) {
      expect(await reasonOf(issuer.judge(person.accessToken))).toBe("session_ended");
      expect(await refresh(person)).toBe("invalid_grant");
    }
    expect(await reasonOf(issuer.signIn(ann.email))).toBe("wrong_credentials");
  });

  test("enabling lets people sign in again, and revives nothing", async () => {
    await issuer.services.accounts.disable(ann.id, admin.actor);
    await issuer.services.accounts.enable(ann.id, admin.actor);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("session_ended");
    expect(await refresh(ann)).toBe("invalid_grant");
    const again = await issuer.signIn(ann.email);
    await issuer.judge(again.accessToken);
  });

  test("corpus 36, ASVS 7.4.2: removing kills the tokens of an account that is no longer there", async () => {
    await issuer.services.accounts.remove(ann.id, admin.actor);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("session_ended");
    expect(await refresh(ann)).toBe("invalid_grant");
    expect(await reasonOf(issuer.services.accounts.get({ id: ann.id }))).toBe("not_found");
    expect(await reasonOf(issuer.services.accounts.remove(ann.id, admin.actor))).toBe("not_found");
  });

  test("ASVS 7.4.5: ending somebody's sessions kills each of them", async () => {
    const phone = await issuer.signIn(ann.email);
    expect(await issuer.services.accounts.endSessions(ann.id, admin.actor)).toBe(2);
    for (const person of [ann, phone]) expect(await reasonOf(issuer.judge(person.accessToken))).toBe("session_ended");
    await issuer.signIn(ann.email);
  });

  test.each(acts)("%s is refused towards who may do more, and written down", async (act) => {
    const { accounts, roles } = issuer.services;
    const helper = await helperOf("users:write");
    const reader = await issuer.person("reader");
    await roles.create(roleOf("reader", "users:read"), admin.actor);
    await roles.grant(reader.id, "reader", admin.actor);
    for (const target of [admin, reader]) {
      expect(await reasonOf(accounts[act](target.id, helper.actor))).toBe("not_permitted");
      await issuer.judge((await issuer.signIn(target.email)).accessToken);
    }
    const refused = await issuer.services.audit.list({ limit: 10, event: "account.refused" });
    expect(refused.map(({ subject }) => subject).sort()).toEqual([reader.id, admin.id].sort());
    expect(refused[0]).toMatchObject({ actor: helper.id, session: helper.reply.session, outcome: "refused" });
    expect(refused[0]?.detail).toEqual({ act: act === "endSessions" ? "end_sessions" : act });
  });

  test.each(acts)("%s is open towards who may do no more, and oneself", async (act) => {
    const helper = await helperOf("users:write");
    await issuer.services.accounts[act](ann.id, helper.actor);
    await issuer.services.accounts[act](helper.id, helper.actor);
  });

  test("every permission of administrators is not enough to touch one", async () => {
    const { accounts, roles } = issuer.services;
    const permissions = (await roles.list())[0]?.permissions ?? [];
    await roles.create({ name: "deputy", description: "", permissions }, admin.actor);
    await roles.grant(ann.id, "deputy", admin.actor);
    for (const act of acts) expect(await reasonOf(accounts[act](admin.id, ann.actor)), act).toBe("not_permitted");
  });

  test("who is disabled does not bring themselves or another back", async () => {
    const { accounts } = issuer.services;
    const helper = await helperOf("users:write");
    for (const { id } of [ann, helper]) await accounts.disable(id, admin.actor);
    for (const { id } of [ann, helper]) {
      expect(await reasonOf(accounts.enable(id, helper.actor))).toBe("not_permitted");
      expect((await accounts.get({ id })).disabledAt).not.toBeNull();
    }
  });

  test("a disabled administrator is not revived by who is none", async () => {
    const helper = await helperOf("users:write");
    await issuer.services.roles.grant(ann.id, "administrator", admin.actor);
    await issuer.services.accounts.disable(ann.id, admin.actor);
    expect(await reasonOf(issuer.services.accounts.enable(ann.id, helper.actor))).toBe("not_permitted");
    expect(await reasonOf(issuer.signIn(ann.email))).toBe("wrong_credentials");
  });

  test.each(["disable", "remove"] as const)("the last enabled administrator cannot be lost by %s", async (act) => {
    await issuer.services.roles.grant(ann.id, "administrator", admin.actor);
    await issuer.services.accounts.disable(ann.id, admin.actor);
    expect(await reasonOf(issuer.services.accounts[act](admin.id, admin.actor))).toBe("last_administrator");
    await issuer.judge(admin.accessToken);
    await issuer.services.accounts.enable(ann.id, admin.actor);
    await issuer.services.accounts[act](admin.id, admin.actor);
  });

  test("everything is audited with who did it and to whom", async () => {
    const { accounts } = issuer.services;
    await accounts.disable(ann.id, admin.actor);
    await accounts.disable(ann.id, admin.actor);
    await accounts.enable(ann.id, admin.actor);
    await accounts.remove(ann.id, admin.actor);
    for (const event of ["account.disabled", "account.enabled", "account.removed"]) {
      const records = await issuer.services.audit.list({ limit: 10, event });
      expect(records, event).toHaveLength(1);
      expect(records[0]).toMatchObject({ actor: admin.id, session: admin.reply.session, subject: ann.id });
    }
  });

  test("a session cannot be started for an account between its disabling and its enabling", async () => {
    const { handoff } = await issuer.services.signIn.run(
      "password",
      { email: ann.email, password: PASSWORD },
      TERMINAL,
      SOMEBODY,
    );
    await issuer.services.accounts.disable(ann.id, admin.actor);
    await issuer.services.accounts.enable(ann.id, admin.actor);
    expect(await reasonOf(issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY))).toBe("invalid_grant");
  });
});
