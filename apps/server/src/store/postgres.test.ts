import { type Kysely, sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { storeContract } from "./contract.ts";
import { openPostgres } from "./postgres.ts";
import type { Schema } from "./schema.ts";
import type { Store } from "./store.ts";
import { type BadLine, openBadLine } from "./testing/bad-line.ts";
import { type PostgresDatabase, postgresDatabases } from "./testing/postgres-databases.ts";
import { anAccount, anInstallation } from "./testing/samples.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const databases = postgresDatabases(() => server.url());
storeContract("PostgreSQL", databases);

const ada = anAccount("ada");
const unavailable = { reason: "unavailable", cause: expect.any(Error) };
/** Soon enough for a test, and long enough for a connection to come about on a busy machine. */
const SOON_MS = 1000;
/** By the server itself, which does not go on with it. */
const cancelled = { reason: "unavailable", cause: { code: "57014" } };

describe("PostgreSQL itself", () => {
  let database: PostgresDatabase;
  const stores: Store[] = [];
  const open = (options: Partial<Parameters<typeof openPostgres>[0]> = {}): Store => {
    const store = openPostgres({ connection: database.url, ...options });
    stores.push(store);
    return store;
  };
  beforeEach(async () => {
    database = await databases.migrated();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await database.close();
  });

  test("the clock is the server's, in whole milliseconds", async () => {
    const store = open();
    const before = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(database.raw());
    const now = await store.now();
    expect(Number.isInteger(now)).toBe(true);
    expect(Math.abs(now - Number(before.rows[0]?.now))).toBeLessThan(5000);
  });

  test("a lost server is unavailable, ends no process, and serves again when it is back", async () => {
    const store = open();
    await store.accounts.insert(ada);
    await Promise.all([1, 2, 3].map(() => store.accounts.byId(ada.id)));
    const begun = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<void>();
    const inside = store.transaction(async (tx) => {
      await tx.accounts.setPassword(ada.id, "never");
      begun.resolve();
      await lost.promise;
      await tx.accounts.byId(ada.id);
    });
    await begun.promise;
    await server.halt();
    lost.resolve();
    await expect(inside).rejects.toMatchObject(unavailable);
    await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(unavailable);
    await expect(store.transaction(async () => {})).rejects.toMatchObject(unavailable);
    await expect(store.migrate()).rejects.toMatchObject(unavailable);
    await server.resume();
    expect(await store.accounts.byId(ada.id)).toStrictEqual(ada);
    await store.transaction((tx) => tx.accounts.setPassword(ada.id, "now"));
  });

  test("a query that the server does not finish is unavailable in time", async () => {
    const store = open({ timeoutMs: SOON_MS });
    await database
      .raw()
      .transaction()
      .execute(async (other) => {
        await sql`lock table accounts in access exclusive mode`.execute(other);
        await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(cancelled);
      });
    expect(await store.accounts.byId(ada.id)).toBeUndefined();
  });

  test("a migration may take longer than a query", async () => {
    const store = open({ timeoutMs: SOON_MS });
    let migrating: Promise<void> | undefined;
    await database
      .raw()
      .transaction()
      .execute(async (other) => {
        await sql`lock table countersign_migrations, accounts in access exclusive mode`.execute(other);
        migrating = store.migrate();
        await untilOneWaits(database.raw());
        await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(cancelled);
      });
    await migrating;
    expect(await store.accounts.byId(ada.id)).toBeUndefined();
  });

  test("a server that does not answer at all is unavailable in time, and serves again", async () => {
    const line = await openBadLine(database.url);
    const store = open({ connection: line.url, timeoutMs: SOON_MS, size: 1 });
    await store.accounts.insert(ada);
    line.freeze();
    await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(unavailable);
    await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(unavailable);
    line.renew();
    expect(await store.accounts.byId(ada.id)).toStrictEqual(ada);
    line.close();
  });

  test("an exhausted pool is unavailable in time", async () => {
    const store = open({ timeoutMs: SOON_MS, size: 1 });
    const begun = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const holding = store.transaction(async () => {
      begun.resolve();
      await over.promise;
    });
    await begun.promise;
    await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(unavailable);
    over.resolve();
    await holding;
  });

  test.each([
    ["the line is lost at the commit", async (line: BadLine) => line.cutAt("commit")],
    ["the server refuses the commit", (_: BadLine, db: Kysely<Schema>) => refuseCommits(db)],
  ])("where %s nobody is told of success", async (_, spoil) => {
    const spoilt = await databases.empty();
    const other = await spoilt.open();
    await other.migrate();
    const line = await openBadLine(spoilt.url);
    const store = open({ connection: line.url });
    const heard: unknown[] = [];
    store.onFacts((facts) => heard.push(facts));
    await store.accounts.list({ limit: 1 });
    await spoil(line, spoilt.raw());
    const failed = store.transaction(async (tx) => {
      await tx.accounts.insert(ada);
      tx.revoke({ kind: "key", id: "kid" });
    });
    await expect(failed).rejects.toMatchObject(unavailable);
    expect(heard).toEqual([]);
    line.close();
    expect(await other.accounts.byId(ada.id)).toBeUndefined();
    expect(await other.revocations.since(0)).toEqual([]);
    await spoilt.close();
  });

  test("a fact waits for its number until the transaction with the number before has ended", async () => {
    const store = open();
    const other = database.raw();
    let waiting: Promise<void> | undefined;
    await other.transaction().execute(async (first) => {
      await sql`update revocation_counter set last = last + 1`.execute(first);
      await sql`insert into revocations (number, kind, fact_id, at) values (1, 'key', 'first', 0)`.execute(first);
      waiting = store.transaction(async (tx) => tx.revoke({ kind: "key", id: "second" }));
      await untilOneWaits(other);
      expect(await store.revocations.since(0)).toEqual([]);
    });
    await waiting;
    expect((await store.revocations.since(0)).map(({ fact }) => fact.id)).toEqual(["first", "second"]);
  });

  test("a lock is waited for, and read under it is what was committed before, whatever the server's default", async () => {
    const strict = await databases.empty();
    await (await strict.open()).migrate();
    const name = sql.id(new URL(strict.url).pathname.slice(1));
    await sql`alter database ${name} set default_transaction_isolation to 'repeatable read'`.execute(strict.raw());
    const [one, two] = [await strict.open(), await strict.open()];
    let waiting: Promise<unknown> | undefined;
    await one.transaction(async (tx) => {
      await tx.lock("installation");
      waiting = two.transaction(async (later) => {
        expect(await later.installation.read()).toBeUndefined();
        await later.lock("installation");
        return later.installation.read();
      });
      await untilOneWaits(strict.raw());
      await two.transaction((beside) => beside.lock("keys"));
      await tx.installation.create(anInstallation());
    });
    expect(await waiting).toMatchObject({ epoch: "epoch", masterKeyId: "key" });
    await strict.close();
  });

  test("the lock of one account holds up nobody who wants another one's", async () => {
    const [one, two] = [open(), open()];
    await one.transaction(async (tx) => {
      await tx.lock("account:ada");
      await two.transaction((beside) => beside.lock("account:bob"));
    });
  });

  test("a pool of one's own is used as it is and stays open, and pg's parsers are as they were", async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    const store = openPostgres({ connection: pool });
    await store.migrate();
    await store.accounts.insert(ada);
    expect(await store.accounts.byId(ada.id)).toStrictEqual(ada);
    await store.close();
    const { rows } = await pool.query(
      "select created_at, current_setting('statement_timeout') as timeout from countersign.accounts",
    );
    expect(rows).toEqual([{ created_at: String(ada.createdAt), timeout: "0" }]);
    expect(pool.listenerCount("error")).toBe(0);
    await pool.end();
  });

  test("counting attempts waits for no disk; everything else does, attempts in its transaction as well", async () => {
    const db = database.raw();
    await sql`create table waited (what text, how text)`.execute(db);
    await sql`create function note() returns trigger language plpgsql as
      'begin insert into waited values (tg_table_name, current_setting(''synchronous_commit'')); return null; end'`.execute(
      db,
    );
    for (const table of ["attempts", "accounts"]) {
      await sql`create trigger note after insert on ${sql.table(table)} execute function note()`.execute(db);
    }
    const store = open({ size: 1 });
    const counter = { key: "key", windowMs: 1000, most: 1 };
    await store.attempts.count([counter], 0);
    await store.transaction(async (tx) => {
      await tx.accounts.insert(ada);
      await tx.attempts.count([{ ...counter, key: "other" }], 0);
    });
    expect((await sql`select what, how from waited`.execute(db)).rows).toEqual([
      { what: "attempts", how: "off" },
      { what: "accounts", how: "on" },
      { what: "attempts", how: "on" },
    ]);
  });

  test("a pool of one's own keeps its one connection, and nothing of ours is left in its session", async () => {
    const sent: unknown[] = [];
    class Recorded extends pg.Client {
      override query: pg.Client["query"] = ((...query: [unknown]) => {
        sent.push(query[0]);
        return super.query(...(query as unknown as [string]));
      }) as pg.Client["query"];
    }
    const fresh = await databases.empty();
    const pool = new pg.Pool({ connectionString: fresh.url, max: 1, Client: Recorded });
    const backend = async () => (await pool.query("select pg_backend_pid() as pid")).rows[0];
    const before = await backend();
    const store = openPostgres({ connection: pool });
    await store.migrate();
    await store.accounts.insert(ada);
    await store.transaction((tx) => tx.lock(`account:${ada.id}`));
    const left = "(select count(*)::int from pg_locks where locktype = 'advisory') as locks";
    const statements = "(select count(*)::int from pg_prepared_statements) as prepared";
    const { rows } = await pool.query(`select ${left}, ${statements}, current_setting('statement_timeout') as timeout`);
    expect(rows).toEqual([{ locks: 0, prepared: 0, timeout: "0" }]);
    expect(await backend()).toEqual(before);
    const texts = sent.map((query) => (typeof query === "string" ? query : (query as { text: string }).text));
    expect(texts).toContainEqual(expect.stringContaining("create table"));
    // What a pooler of transactions cannot carry over from one statement to the next.
    const sessionState =
      /^\s*(set (?!transaction|local)|listen|prepare|declare)|pg_(try_)?advisory_(lock|unlock)|search_path/i;
    expect(texts.filter((text) => sessionState.test(text))).toEqual([]);
    expect(sent.filter((query) => typeof query === "object" && query !== null && "name" in query)).toEqual([]);
    await store.close();
    await pool.end();
    await fresh.close();
  });

  test("two schemas of one database do not see each other, nor wait for each other's locks", async () => {
    const shared = await databases.empty();
    const [one, two] = ["one", "two"].map((schema) => openPostgres({ connection: shared.url, schema, size: 2 }));
    if (!one || !two) throw new Error("two stores");
    await Promise.all([one.migrate(), two.migrate()]);
    await one.accounts.insert(ada);
    await one.transaction(async (tx) => tx.revoke({ kind: "key", id: "kid" }));
    expect(await two.accounts.byId(ada.id)).toBeUndefined();
    expect(await two.revocations.since(0)).toEqual([]);
    await two.accounts.insert(ada);
    await one.transaction(async (tx) => {
      await tx.lock("installation");
      await tx.lock(`account:${ada.id}`);
      await two.transaction(async (beside) => {
        await beside.lock("installation");
        await beside.lock(`account:${ada.id}`);
      });
    });
    const elsewhere = sql`select 1 from pg_tables where schemaname not in ('one', 'two', 'pg_catalog', 'information_schema')`;
    expect((await elsewhere.execute(shared.raw())).rows).toEqual([]);
    await Promise.all([one.close(), two.close(), shared.close()]);
  });

  test("ASVS 13.2.2: a role without the right to make a schema is told so, and needs none once there is one", async () => {
    const owned = await databases.empty();
    const admin = owned.raw();
    await sql`create role plain login password 'plain'`.execute(admin);
    const url = new URL(owned.url);
    url.username = url.password = "plain";
    const store = openPostgres({ connection: url.href });
    const sentence = /may not make the schema "countersign".*create schema countersign authorization/;
    await expect(store.migrate()).rejects.toThrow(sentence);
    await sql`create schema countersign`.execute(admin);
    await expect(store.migrate()).rejects.toThrow(sentence);
    await sql`alter schema countersign owner to plain`.execute(admin);
    await store.migrate();
    await store.accounts.insert(ada);
    expect(await store.accounts.byId(ada.id)).toStrictEqual(ada);
    await store.close();
    await owned.close();
  });

  test("a number that no column holds is a bad request", async () => {
    const late = open().accounts.insert({ ...ada, version: 2 ** 40 });
    await expect(late).rejects.toMatchObject({ reason: "bad_request" });
  });
});

/** Waits until some query waits for a lock. */
async function untilOneWaits(db: Kysely<Schema>): Promise<void> {
  const query = sql`select 1 from pg_locks where not granted`;
  while ((await query.execute(db)).rows.length === 0);
}

async function refuseCommits(db: Kysely<Schema>): Promise<void> {
  await sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'no room'; end $$`.execute(db);
  await sql`create constraint trigger refuse after insert on accounts initially deferred
    for each row execute function refuse()`.execute(db);
}
