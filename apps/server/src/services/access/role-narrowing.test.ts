import { setTimeout as delay } from "node:timers/promises";
import { systemWorld } from "@countersign/tokens";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IssuerOptions } from "../../issuer-options.ts";
import { crash } from "../testing/crash.ts";
import { databasesForTests } from "../testing/databases.ts";
import { putHolders } from "../testing/many-holders.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, NOTES, openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";

const databases = databasesForTests();

const reader = (...permissions: string[]) => ({
  name: "reader",
  description: "",
  permissions: permissions.map((permission) => ({ audience: NOTES, permission })),
});
const wide = reader("notes:read", "notes:write");
const narrow = reader("notes:read");

let issuer: TestIssuer;
let admin: Person;
const another = (given: Partial<IssuerOptions> = {}) =>
  openTestIssuer({ database: issuer.options.database, world: systemWorld, ...given });
const give = (count: number, minters: number) =>
  putHolders(issuer.options, { role: "reader", count, minters, at: systemWorld.now() });
const facts = async () => (await issuer.store.revocations.since(0)).map(({ fact }) => fact);
const versionOf = async (holder: number) => (await issuer.store.accounts.byId(`holder ${holder}`))?.version;
/** In how many turns of the event loop its transactions begin: between two of them everybody else gets a turn. */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  let turn = 0;
  const turns = new Set<number>();
  const count = () => {
    turn += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const transaction = issuer.store.transaction.bind(issuer.store);
  const watched = vi.spyOn(issuer.store, "transaction").mockImplementation((doing) => {
    turns.add(turn);
    return transaction(doing);
  });
  try {
    await work();
  } finally {
    watched.mockRestore();
    clearImmediate(next);
  }
  return turns.size;
}
/** Tokens for both audiences, by a refresh. */
const tokensOf = async ({ refreshToken }: Pick<Person, "refreshToken">) => {
  const input = { client: "cli", refreshToken, audiences: [NOTES, ISSUER] };
  const { tokens, refresh_token = "" } = await issuer.services.sessions.refresh(input, SOMEBODY);
  const of = (audience: string) => tokens.find((token) => token.audience === audience);
  return { notes: of(NOTES), own: of(ISSUER), refreshToken: refresh_token };
};
const judge = async (token: { audience: string; access_token: string } | undefined) =>
  issuer.verifier.judge(await issuer.verifier.verify(token?.access_token ?? "", token?.audience ?? ""));

describe.each(Object.entries(databases))("a role that many hold, over %s", (_kind, makeDatabase) => {
  beforeEach(async () => {
    issuer = await openTestIssuer({ database: await makeDatabase(), world: systemWorld });
    admin = await issuer.administrator();
    await issuer.services.roles.create(wide, admin.actor);
  });
  afterEach(() => issuer.close());

  test("narrowed, is told of those who have tokens, and of nobody else", async () => {
    await give(1203, 700);
    await issuer.services.roles.update(narrow, admin.actor);
    const told = await facts();
    expect(told).toHaveLength(700);
    expect(new Set(told.map(({ id }) => id)).size).toBe(700);
    expect(told).toContainEqual({ kind: "account", id: "holder 700", least: 2 });
    expect([await versionOf(700), await versionOf(701)]).toEqual([2, 1]);
  });

  test("by 100 000 of whom few have tokens, is narrowed without holding anybody up, and told of those few", async () => {
    await give(100_000, 40);
    expect(await turnsOf(() => issuer.services.roles.update(narrow, admin.actor))).toBeGreaterThanOrEqual(200);
    expect(await facts()).toHaveLength(40);
  });

  test("by 100 000 who all have tokens, is narrowed and removed by one fact about its audience", async () => {
    await give(100_000, 100_000);
    const ann = await issuer.person("ann");
    await issuer.services.roles.grant(ann.id, "reader", admin.actor);
    const before = await tokensOf(ann);
    expect(before.notes?.scope).toBe("notes:read notes:write");

    expect(await turnsOf(() => issuer.services.roles.update(narrow, admin.actor))).toBeGreaterThanOrEqual(20);
    expect(await facts()).toEqual([{ kind: "audience", id: NOTES, least: 1 }]);
    expect(await reasonOf(judge(before.notes))).toBe("token_stale");
    await judge(before.own);
    const after = await tokensOf(before);
    expect(after.notes?.scope).toBe("notes:read");
    await judge(after.notes);

    expect(await turnsOf(() => issuer.services.roles.remove("reader", admin.actor))).toBeGreaterThanOrEqual(200);
    expect(await reasonOf(judge(after.notes))).toBe("token_stale");
    expect((await tokensOf(after)).notes?.scope).toBe("");
    expect(await issuer.store.roles.holders("reader", { limit: 1 })).toEqual([]);
    await issuer.services.roles.create(wide, admin.actor);
  });

  test("narrowed by two at once in one process, is told of here when either of them has an answer", async () => {
    await give(1203, 1203);
    let untold = 0;
    const transaction = issuer.store.transaction.bind(issuer.store);
    const slow = vi.spyOn(issuer.store, "transaction").mockImplementation(async (doing) => {
      untold += 1;
      const answer = await transaction(doing);
      await delay(50);
      untold -= 1;
      return answer;
    });
    const answered = async () => {
      await issuer.services.roles.update(narrow, admin.actor);
      return untold;
    };
    expect(await Promise.all([answered(), answered()])).toEqual([0, 0]);
    slow.mockRestore();
  });

  test("removed, is nobody's at once and its name free when its grants are gone", async () => {
    await give(1203, 3);
    await issuer.services.roles.remove("reader", admin.actor);
    expect(await facts()).toHaveLength(3);
    expect(await issuer.store.roles.byName("reader")).toBeUndefined();
    await issuer.services.roles.create(wide, admin.actor);
    expect(await issuer.store.roles.countHolders(["reader"])).toBe(0);
  });

  test.each([
    { what: "narrowed", act: { update: narrow }, statement: 30 },
    { what: "narrowed", act: { update: narrow }, statement: 50 },
    { what: "removed", act: { remove: "reader" }, statement: 30 },
    { what: "removed", act: { remove: "reader" }, statement: 60 },
  ])(
    "server case 2: killed while it is $what, at statement $statement, is finished by who lives",
    async ({ act, statement }) => {
      await give(1203, 1203);
      await issuer.close();
      await crash({ act: { ...act, by: admin.actor }, when: { statement } }, issuer.options);
      issuer = await another();
      expect(await issuer.store.roleNarrowings.oldest()).toMatchObject({ role: "reader" });
      await vi.waitFor(async () => expect(await issuer.store.roleNarrowings.oldest()).toBeUndefined(), 10_000);
      // Each once.
      const told = await facts();
      expect(told).toHaveLength(1203);
      expect(told.every((fact) => fact.kind === "account" && fact.least === 2)).toBe(true);
      expect(new Set(told.map(({ id }) => id)).size).toBe(1203);
      const left = await issuer.store.roles.countHolders(["reader"]);
      expect(left).toBe("remove" in act ? 0 : 1203);
    },
  );

  test("server case 2: killed before it is narrowed, permits what it did, and no token is too old", async () => {
    await give(1203, 1203);
    await issuer.close();
    await crash({ act: { update: narrow, by: admin.actor }, when: { statement: 10 } }, issuer.options);
    issuer = await another();
    expect(await issuer.store.roles.byName("reader")).toMatchObject({ permissions: wide.permissions });
    expect(await issuer.store.roleNarrowings.oldest()).toBeUndefined();
    expect(await facts()).toEqual([]);
  });

  test("corpus 79: what is left is shared by several instances, and done once", async () => {
    await give(2503, 2503);
    const more = await Promise.all([another(), another()]);
    const finishing = [issuer, ...more].map(({ services }) => services.roles.update(narrow, admin.actor));
    await Promise.all(finishing);
    expect(await facts()).toHaveLength(2503);
    await Promise.all(more.map((one) => one.close()));
  });
});

describe("two instances over one PostgreSQL", () => {
  beforeEach(async () => {
    issuer = await openTestIssuer({ database: await databases.PostgreSQL(), world: systemWorld });
    admin = await issuer.administrator();
  });
  afterEach(() => issuer.close());

  test("a token that is being made while its role is narrowed does not outlive what it says", async () => {
    await issuer.services.roles.create(wide, admin.actor);
    const ann = await issuer.person("ann");
    await issuer.services.roles.grant(ann.id, "reader", admin.actor);
    const client = new pg.Client(String("postgres" in issuer.options.database && issuer.options.database.postgres));
    await client.connect();
    // As if her last token had long expired.
    await client.query("update countersign.sessions set gen_at = 0, minted_at = 0");

    const [permissionsAreRead, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const two = await another({
      on: {
        "session.started": async () => {
          permissionsAreRead.resolve();
          await release.promise;
        },
      },
    });
    const starting = two.signIn(ann.email);
    await permissionsAreRead.promise;
    const narrowing = issuer.services.roles.update(narrow, admin.actor);
    const waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted";
    await vi.waitFor(async () => expect((await client.query(waiting)).rows).toHaveLength(1));
    release.resolve();
    const { accessToken } = await starting;
    await narrowing;
    expect(await reasonOf(issuer.judge(accessToken))).toBe("token_stale");
    await client.end();
    await two.close();
  });
});
