import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type AccessDeclaration, Refusal } from "@countersign/tokens";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { IssuerEvent } from "../events.ts";
import { migratedPostgresDatabase } from "../testing/postgres.ts";
import type { Hooks } from "./hooks.ts";
import { nextGeneration } from "./testing/next-generation.ts";
import { post } from "./testing/post-method.ts";
import { reasonOf } from "./testing/reason-of.ts";
import { openTestIssuer, PASSWORD, type Person, SOMEBODY, TERMINAL, type TestIssuer } from "./testing/test-issuer.ts";

/** A database with a table of the embedder's own, as the embedder reaches it without us. */
interface Own {
  readonly database: { readonly sqlite: string } | { readonly postgres: string };
  readonly insert: string;
  /** One of our tables, as it is called there. */
  readonly accounts: string;
  rows(): Promise<unknown[]>;
}

const table = "create table customers (account text primary key, email text not null)";
const databases: Readonly<Record<string, () => Promise<Own>>> = {
  SQLite: async () => {
    const sqlite = join(mkdtempSync(join(tmpdir(), "countersign-")), "hooks.db");
    const ask = (sql: string) => {
      const file = new DatabaseSync(sqlite);
      const rows = file.prepare(sql).all();
      file.close();
      return rows.map((row) => ({ ...row }));
    };
    ask(table);
    const insert = "insert into customers (account, email) values (?, ?)";
    return { database: { sqlite }, insert, accounts: "accounts", rows: async () => ask("select * from customers") };
  },
  PostgreSQL: async () => {
    const url = await migratedPostgresDatabase();
    const ask = async (sql: string) => {
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client.query(sql);
      await client.end();
      return rows;
    };
    await ask(table);
    const insert = "insert into customers (account, email) values ($1, $2)";
    return {
      database: { postgres: url },
      insert,
      accounts: "countersign.accounts",
      rows: () => ask("select * from customers"),
    };
  },
};

let issuer: TestIssuer;
afterEach(() => issuer.close());

const causeOf = async (attempt: Promise<unknown>): Promise<Refusal> => {
  const error: unknown = await attempt.catch((thrown: unknown) => thrown);
  if (error instanceof Refusal) return error;
  throw new Error("not refused");
};

describe.each(Object.keys(databases))("a hook over %s", (kind) => {
  let own: Own;
  const open = async (on: (own: Own) => Hooks) => {
    const made = await databases[kind]?.();
    if (!made) throw new Error("no such database");
    own = made;
    issuer = await openTestIssuer({ database: own.database, on: on(own) });
  };

  test("writes to tables of its own in the transaction of its event, and reads what it holds", async () => {
    const counted: unknown[] = [];
    await open(({ insert, accounts }) => ({
      "account.created": async ({ account, email }, tx) => {
        expect(await tx.query(insert, [account, email])).toEqual([]);
        const [row] = await tx.query<{ mine: number }>("select count(*) as mine from customers");
        const [there] = await tx.query<{ name: string }>(`select name from ${accounts}`);
        counted.push(Number(row?.mine), there?.name);
      },
    }));
    const ann = await issuer.person("ann");
    expect(await own.rows()).toEqual([{ account: ann.id, email: ann.email }]);
    expect(counted).toEqual([1, "ann"]);
  });

  test("ASVS 2.3.3: that throws rolls everything back, of both sides; the caller gets internal, with the cause", async () => {
    const mistake = Object.assign(new Error("a mistake"), { statusCode: 404 });
    await open(({ insert }) => ({
      "account.created": async ({ account, email }, tx) => {
        await tx.query(insert, [account, email]);
        throw mistake;
      },
    }));
    expect(await causeOf(issuer.person("ann"))).toMatchObject({ reason: "internal", cause: mistake });
    expect(await own.rows()).toEqual([]);
    expect(await issuer.store.accounts.list({ limit: 1 })).toEqual([]);
    expect(await issuer.store.audit.list({ limit: 10, event: "sign_up.accepted" })).toEqual([]);
  });

  test("that refuses has its reason told", async () => {
    await open(() => ({
      "account.created": ({ email }) => {
        if (!email.endsWith("@corp.example")) throw new Refusal("sign_up_closed");
      },
    }));
    expect(await reasonOf(issuer.person("ann"))).toBe("sign_up_closed");
    expect(await issuer.store.accounts.list({ limit: 1 })).toEqual([]);
    expect(await issuer.store.audit.list({ limit: 10, event: "sign_up.refused" })).toHaveLength(1);
  });

  test.each<[string, (own: Own) => NonNullable<Hooks["account.created"]>]>([
    [
      "lets fail",
      ({ insert }) =>
        async ({ account, email }, tx) => {
          await tx.query(insert, [account, email]);
          await tx.query(insert, [account, email]);
        },
    ],
    [
      "catches",
      ({ insert }) =>
        async ({ account, email }, tx) => {
          await tx.query(insert, [account, email]);
          await tx.query(insert, [account, email]).catch(() => {});
        },
    ],
    [
      "does not wait for",
      ({ insert }) =>
        ({ account, email }, tx) => {
          void tx.query(insert, [account, email]);
          void tx.query(insert, [account, email]);
        },
    ],
  ])("whose statement fails is internal and no conflict of ours: one that it %s", async (_what, hook) => {
    await open((one) => ({ "account.created": hook(one) }));
    const { reason, cause } = await causeOf(issuer.person("ann"));
    expect(reason).toBe("internal");
    // The driver's own error, whose code the hook can look at.
    expect(cause).toMatchObject(kind === "SQLite" ? { errcode: 1555 } : { code: "23505" });
    expect(await own.rows()).toEqual([]);
    expect(await issuer.store.accounts.list({ limit: 1 })).toEqual([]);
  });

  test("that is never done is rolled back, and holds nobody up for ever", async () => {
    let late: (() => Promise<unknown>) | undefined;
    await open(({ insert }) => ({
      "account.created": async ({ account, email }, tx) => {
        if (email.startsWith("bob")) return;
        late = () => tx.query(insert, [account, email]);
        await new Promise(() => {});
      },
    }));
    const slow = causeOf(issuer.person("ann"));
    const bob = issuer.person("bob");
    expect(await slow).toMatchObject({ reason: "internal", detail: 'the hook "account.created" failed' });
    await bob;
    await expect(late?.()).rejects.toThrow();
    expect(await own.rows()).toEqual([]);
    expect(await issuer.store.accounts.list({ limit: 5 })).toHaveLength(1);
  });

  test("that asks the issuer instead of its transaction is refused at once", async () => {
    await open(() => ({
      "account.created": async ({ account }) => void (await issuer.services.accounts.get({ id: account })),
    }));
    expect(await causeOf(issuer.person("ann"))).toMatchObject({
      reason: "internal",
      detail: expect.stringContaining("ask the transaction"),
    });
  });
});

describe("what happens is told", () => {
  const told: IssuerEvent[] = [];
  let admin: Person;
  let ann: Person;
  const tell = (event: IssuerEvent) => void told.push(event);
  const all = async () => {
    issuer = await openTestIssuer({
      metadata: { public: z.object({ plan: z.string().optional() }) },
      signIn: [post],
      on: {
        "account.created": tell,
        "account.removed": tell,
        "account.disabled": tell,
        "account.enabled": tell,
        "account.password_changed": tell,
        "account.address_proved": tell,
        "account.metadata_changed": tell,
        "session.started": tell,
        "session.ended": tell,
        "role.granted": tell,
        "role.revoked": tell,
        "role.removed": tell,
      },
    });
    told.length = 0;
    admin = await issuer.administrator();
    ann = await issuer.person("ann");
  };
  const since = async (act: () => Promise<unknown>) => {
    told.length = 0;
    await act();
    return told.map(({ at, ...event }) => (at === issuer.world.now() ? event : { at }));
  };

  test("of new accounts and their sessions", async () => {
    await all();
    const names = { email: admin.email, name: "Ada" };
    expect(told).toEqual([
      {
        type: "account.created",
        at: expect.any(Number),
        account: admin.id,
        ...names,
        roles: ["administrator"],
        via: "set_up",
      },
      {
        type: "session.started",
        at: expect.any(Number),
        account: admin.id,
        session: admin.reply.session,
        client: "cli",
        amr: ["pwd"],
      },
      {
        type: "account.created",
        at: expect.any(Number),
        account: ann.id,
        email: ann.email,
        name: "ann",
        roles: [],
        via: "sign_up",
      },
      {
        type: "session.started",
        at: expect.any(Number),
        account: ann.id,
        session: ann.reply.session,
        client: "cli",
        amr: ["pwd"],
      },
    ]);
    const { secret = "" } = await issuer.services.invitations.create(
      { email: "bob@example.com", roles: ["member"] },
      admin.actor,
    );
    const bob = { email: "bob@example.com", name: "Bob", password: PASSWORD, invitation: secret };
    expect(await since(() => issuer.services.signUps.signUp(bob, TERMINAL, SOMEBODY))).toMatchObject([
      { type: "account.created", roles: ["member"], via: "invitation" },
    ]);
  });

  test("of what is done to accounts, with the sessions that end by it", async () => {
    await all();
    const { accounts } = issuer.services;
    const by = { account: ann.id, actor: admin.id };
    const ended = (cause: string) => ({ type: "session.ended", account: ann.id, session: ann.reply.session, cause });
    expect(await since(() => accounts.disable(ann.id, admin.actor))).toEqual([
      ended("account_disabled"),
      { type: "account.disabled", ...by },
    ]);
    expect(await since(() => accounts.disable(ann.id, admin.actor))).toEqual([]);
    expect(await since(() => accounts.enable(ann.id, admin.actor))).toEqual([{ type: "account.enabled", ...by }]);
    ann = await issuer.signIn(ann.email);
    const phone = await issuer.signIn(ann.email);
    const next = { current: PASSWORD, next: "quite another passphrase" };
    expect(await since(() => accounts.changePassword(next, ann.actor))).toEqual([
      { ...ended("password_changed"), session: phone.reply.session },
      { type: "account.password_changed", account: ann.id, actor: ann.id },
    ]);
    expect(await since(() => accounts.setMetadata(ann.id, { public: { plan: "pro" } }, admin.actor))).toEqual([
      { type: "account.metadata_changed", ...by, parts: ["public"] },
    ]);
    expect(await since(() => accounts.setMetadataAsProgram(ann.id, { narrowed: true }))).toEqual([
      { type: "account.metadata_changed", account: ann.id, actor: null, parts: [] },
    ]);
    expect(await since(() => issuer.services.signIn.run("post", ann.email, TERMINAL, SOMEBODY))).toEqual([
      ended("address_proved"),
      { type: "account.address_proved", account: ann.id, actor: ann.id },
    ]);
    const { handoff } = await issuer.services.signIn.run("post", ann.email, TERMINAL, SOMEBODY);
    const { session } = await issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
    expect(await since(() => accounts.endSessions(ann.id, admin.actor))).toEqual([
      { ...ended("ended_by_administrator"), session },
    ]);
    expect(await since(() => accounts.remove(ann.id, admin.actor))).toEqual([
      { type: "account.removed", ...by, email: ann.email },
    ]);
  });

  test("of sessions that end, however they do", async () => {
    await all();
    const { sessions } = issuer.services;
    const refresh = (refreshToken = "") => sessions.refresh({ client: "cli", refreshToken }, SOMEBODY);
    const ended = (person: Person, cause: string) => [
      { type: "session.ended", account: person.id, session: person.reply.session, cause },
    ];
    const [phone, desk] = [await issuer.signIn(ann.email), await issuer.signIn(ann.email)];
    const end = { client: "cli", refreshToken: phone.refreshToken };
    expect(await since(() => sessions.end(end, SOMEBODY))).toEqual(ended(phone, "signed_out"));
    expect(await since(() => sessions.end(end, SOMEBODY))).toEqual([]);
    expect(await since(() => sessions.endOwn(desk.reply.session, ann.actor))).toEqual(ended(desk, "ended_by_owner"));
    for (let times = 0; times < 2; times += 1) await nextGeneration(issuer.store, ann.reply.session);
    expect(await since(() => reasonOf(refresh(ann.refreshToken)))).toEqual(ended(ann, "reuse"));
    const [kept, other] = [await issuer.signIn(ann.email), await issuer.signIn(ann.email)];
    expect(await since(() => sessions.endOthers(kept.actor))).toEqual(ended(other, "ended_by_owner"));
    expect(await since(() => refresh(kept.refreshToken))).toEqual([]);
  });

  test("of roles that are given, taken and removed", async () => {
    await all();
    const { roles } = issuer.services;
    await roles.create({ name: "reader", description: "", permissions: [] }, admin.actor);
    const by = { role: "reader", actor: admin.id };
    expect(await since(() => roles.grant(ann.id, "reader", admin.actor))).toEqual([
      { type: "role.granted", account: ann.id, ...by },
    ]);
    expect(await since(() => roles.grant(ann.id, "reader", admin.actor))).toEqual([]);
    expect(await since(() => roles.revoke(ann.id, "reader", admin.actor))).toEqual([
      { type: "role.revoked", account: ann.id, ...by },
    ]);
    expect(await since(() => roles.revoke(ann.id, "reader", admin.actor))).toEqual([]);
    expect(await since(() => roles.remove("reader", admin.actor))).toEqual([{ type: "role.removed", ...by }]);
    const push = (declared: NonNullable<AccessDeclaration["roles"]>) =>
      issuer.services.access.push(
        { audience: "https://files.example", permissions: ["files:read"], roles: declared },
        { prune: true, dryRun: false, emails: false },
        admin.actor,
      );
    expect(await since(() => push({ reader: { permissions: ["files:read"] } }))).toEqual([]);
    expect(await since(() => push({}))).toEqual([{ type: "role.removed", ...by }]);
  });

  test("server case 18: without a password, token, hash or secret", async () => {
    await all();
    const { secret = "" } = await issuer.services.invitations.create(
      { email: "bob@example.com", roles: [] },
      admin.actor,
    );
    const bob = { email: "bob@example.com", name: "Bob", password: PASSWORD, invitation: secret };
    await issuer.services.signUps.signUp(bob, TERMINAL, SOMEBODY);
    await issuer.services.accounts.changePassword({ current: PASSWORD, next: "quite another one" }, ann.actor);
    const text = JSON.stringify(told);
    const secrets = [PASSWORD, "quite another one", "argon2", secret, ann.accessToken, ann.refreshToken];
    expect(told.length).toBeGreaterThan(5);
    expect(secrets.filter((one) => text.includes(one))).toEqual([]);
  });
});

test("an event that there is none of, and a hook that is no function, do not start", async () => {
  issuer = await openTestIssuer({ on: {} });
  const unknown = openTestIssuer({ on: { "account.create": () => {} } as Hooks });
  await expect(unknown).rejects.toThrow(new TypeError('on: there is no event "account.create"'));
  await expect(openTestIssuer({ on: { toString: () => {} } as Hooks })).rejects.toThrow(TypeError);
  await expect(openTestIssuer({ on: { "account.created": "x" as never } })).rejects.toThrow(TypeError);
});
