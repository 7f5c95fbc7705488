import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  type AuditLine,
  type AuditVerdict,
  auditLinesOf,
  importMasterKey,
  systemWorld,
  verifyAudit,
} from "@countersign/tokens";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { postgresDatabases } from "../../store/testing/postgres-databases.ts";
import { anEntry, NOW } from "../../store/testing/samples.ts";
import type { TestDatabase, TestDatabases } from "../../store/testing/setting.ts";
import { sqliteDatabases } from "../../store/testing/sqlite-databases.ts";
import { bundled } from "../../testing/bundled.ts";
import { newPostgresDatabase } from "../../testing/postgres.ts";
import type { AuditCrash } from "../testing/audit-crash-child.ts";
import { createAudit } from "./audit.ts";
import { createAuditExport } from "./audit-export.ts";
import { openAuditKeys } from "./audit-keys.ts";
import { type AuditSealer, createAuditSealer } from "./audit-sealer.ts";

const ISSUER = "https://auth.example";
const world = systemWorld;

const kinds: Readonly<Record<string, TestDatabases>> = {
  SQLite: sqliteDatabases,
  PostgreSQL: postgresDatabases(newPostgresDatabase),
};

/** One instance, as far as the audit goes. */
interface Instance {
  readonly store: Store;
  readonly sealer: AuditSealer;
  append(from: number, to: number): Promise<void>;
  verify(): Promise<AuditVerdict>;
}

const masterKeys = async () => [await importMasterKey(new Uint8Array(32).fill(7))] as const;

async function open(database: TestDatabase): Promise<Instance> {
  const store = await database.open();
  await store.migrate();
  const keys = await openAuditKeys({
    store,
    world,
    audit: createAudit({ store, world }),
    masterKeys: await masterKeys(),
  });
  const exported = createAuditExport({ issuer: ISSUER, store, keys });
  const lines = async function* (): AsyncGenerator<AuditLine> {
    yield { issuer: ISSUER };
    for (const key of exported.keys()) yield { key };
    for (let after = 0; ; ) {
      // Less than a chunk, so that pages end between seals.
      const page = await exported.page(after, 70);
      yield* auditLinesOf(page);
      after = page.entries.at(-1)?.seq ?? after;
      if (page.entries.length === 70) continue;
      for (const unsealed of page.unsealed) yield { unsealed };
      return yield { end: { seq: after } };
    }
  };
  return {
    store,
    sealer: createAuditSealer({ issuer: ISSUER, store, keys }),
    append: async (from, to) => {
      for (let n = from; n <= to; n += 1) await store.audit.append(anEntry(`${n}`, { at: NOW + n, detail: { n } }));
    },
    verify: () => verifyAudit(lines(), { trusted: new Set(exported.keys().map(({ kid }) => kid)) }),
  };
}

describe.each(Object.keys(kinds))("the sealer over %s", (kind) => {
  let database: TestDatabase;
  let one: Instance;
  beforeEach(async () => {
    // An empty one: these tests go behind its rules.
    database = await (kinds[kind] ?? expect.unreachable()).empty();
    one = await open(database);
  });
  afterEach(() => database.close());

  // The first entry tells that the key was made.
  const total = (entries: number) => entries + 1;

  test("chains and signs everything that is committed, in chunks, and tells what is not sealed yet", async () => {
    await one.append(1, 449);
    await one.sealer.seal();
    await one.append(450, 451);
    expect(await one.verify()).toMatchObject({
      whole: true,
      first: 1,
      entries: total(449),
      head: { seq: total(449), issuer: ISSUER },
      unsealed: { entries: 2, oldest: NOW + 450 },
    });
    expect((await one.store.auditChain.seals(1, 1000)).map(({ seq }) => seq)).toEqual([100, 200, 300, 400, 450]);
    await one.sealer.seal();
    await one.sealer.seal();
    expect(await one.verify()).toMatchObject({ whole: true, entries: total(451), unsealed: { entries: 0 } });
  });

  test("lets others at the database between one chunk and the next", async () => {
    await one.append(1, 1000);
    let done = false;
    const sealing = one.sealer.seal().finally(() => {
      done = true;
    });
    let answered = 0;
    while (!done) {
      await one.store.accounts.list({ limit: 1 });
      await new Promise((resolve) => setImmediate(resolve));
      answered += 1;
    }
    await sealing;
    expect(answered).toBeGreaterThan(5);
    expect(await one.verify()).toMatchObject({ whole: true, entries: total(1000) });
  });

  test("of two instances makes one chain, while both write and seal at once", async () => {
    const two = await open(database);
    const live = async ({ append, sealer }: Instance, first: number) => {
      for (let n = first; n < first + 60; n += 3) {
        await append(n, n + 2);
        await sealer.seal();
      }
    };
    await Promise.all([live(one, 1), live(two, 1001), live(two, 2001)]);
    await one.sealer.seal();
    expect(await two.verify()).toMatchObject({ whole: true, entries: total(180), unsealed: { entries: 0 } });
    expect(await one.store.audit.list({ limit: 10, event: "audit.key_made" })).toHaveLength(1);
  });

  test("ASVS 16.4.2: what is changed behind its back is found where it was changed", async () => {
    await one.append(1, 20);
    await one.sealer.seal();
    await withoutRules(database, kind);
    await database.raw().updateTable("audit").set({ actor: "nobody" }).where("seq", "=", 7).execute();
    await one.append(21, 22);
    await one.sealer.seal();
    expect(await one.verify()).toEqual({ whole: false, problem: "changed", seq: 7 });
    await database.raw().deleteFrom("audit").where("seq", "=", 5).execute();
    expect(await one.verify()).toEqual({ whole: false, problem: "missing", seq: 5 });
  });

  test("seals nothing on top of an end that is not the one it signed, and what waits goes on waiting", async () => {
    await one.append(1, 5);
    await one.sealer.seal();
    await one.append(6, 8);
    await one.sealer.seal();
    await withoutRules(database, kind);
    const db = database.raw();
    const end = await one.store.auditChain.end();
    const seals = await one.store.auditChain.seals(1, 100);
    const refused = async (
      doing: { execute(): Promise<unknown> },
      undo: { execute(): Promise<unknown> } | undefined,
    ) => {
      await doing.execute();
      // An instance that has just started knows nothing but what it reads.
      const fresh = await open(database);
      await expect(fresh.sealer.seal()).rejects.toThrow("no more is sealed");
      await undo?.execute();
    };
    await one.append(9, 9);
    const newest = db.updateTable("audit").where("seq", "=", 9);
    await refused(newest.set({ hash: "x" }), newest.set({ hash: end?.hash ?? "" }));
    const last = seals.at(-1) ?? expect.unreachable();
    await refused(db.deleteFrom("audit_seals").where("seq", "=", 9), db.insertInto("audit_seals").values(last));
    const [first] = seals;
    await refused(
      db
        .updateTable("audit_seals")
        .set({ seal: first?.seal ?? "" })
        .where("seq", "=", 9),
      db.updateTable("audit_seals").set(last).where("seq", "=", 9),
    );
    expect(await one.store.auditChain.unsealed(10)).toHaveLength(1);
    expect(await one.store.auditChain.end()).toEqual(end);

    // Cut off at a seal: only a process that knew more can tell.
    await db.deleteFrom("audit").where("seq", ">", 6).execute();
    await db.deleteFrom("audit_seals").where("seq", ">", 6).execute();
    await expect(one.sealer.seal()).rejects.toThrow("this process knows 9; no more is sealed");
  });

  test("server case 2: killed before any of its statements, it leaves a whole chain, and the next one ends it", async () => {
    await one.append(1, 2);
    await one.sealer.seal();
    await one.append(3, 4);
    const place = await placeOf(database, kind);
    let statement = 0;
    for (let signal: unknown = "SIGKILL"; signal === "SIGKILL"; ) {
      statement += 1;
      signal = await crash({ database: place, statement });
      const verdict = await one.verify();
      expect(verdict, `before statement ${statement}`).toMatchObject({ whole: true });
      const { entries, unsealed } = verdict as Extract<AuditVerdict, { whole: true }>;
      expect([
        [total(2), 2],
        [total(4), 0],
      ]).toContainEqual([entries, unsealed.entries]);
    }
    expect(statement).toBeGreaterThan(8);
    expect(await one.verify()).toMatchObject({ whole: true, entries: total(4), unsealed: { entries: 0 } });
  }, 120_000);

  test("uses no key that somebody without the master key has brought in", async () => {
    const thief = await (kinds[kind] ?? expect.unreachable()).empty();
    await open(thief);
    const [theirs] = await (await thief.open()).auditChain.keys();
    await thief.close();
    const [ours] = await one.store.auditChain.keys();
    if (!ours || !theirs) throw new Error("each has a key");
    const { store } = one;
    const opened = async () =>
      openAuditKeys({ store, world, audit: createAudit({ store, world }), masterKeys: await masterKeys() });
    const keys = database.raw().updateTable("audit_keys");
    await keys.set({ public_jwk: JSON.stringify({ ...theirs.publicJwk, kid: ours.kid }) }).execute();
    expect((await opened()).published).toEqual([ours.publicJwk]);
    await store.auditChain.insertKey({ ...theirs, sealed: ours.sealed });
    await expect(opened()).rejects.toMatchObject({ reason: "unavailable" });
  });
});

test("an entry that commits late comes later, however early it was written", async () => {
  const database = await (kinds["PostgreSQL"] ?? expect.unreachable()).empty();
  const [one, two] = [await open(database), await open(database)];
  await one.store.transaction(async (tx) => {
    await tx.audit.append(anEntry("early", { at: NOW }));
    await two.append(1, 3);
    await two.sealer.seal();
    expect(await two.verify()).toMatchObject({ whole: true, entries: 4 });
  });
  await two.sealer.seal();
  expect(await one.verify()).toMatchObject({ whole: true, entries: 5 });
  expect(await one.store.auditChain.entries(4, 10)).toMatchObject([{ seq: 5, id: anEntry("early").id }]);
  await database.close();
});

/** What whoever owns the database can do. */
async function withoutRules(database: TestDatabase, kind: string): Promise<void> {
  const triggers = ["audit_is_not_changed", "audit_is_kept", "audit_seals_are_not_changed", "audit_seals_are_kept"];
  for (const name of triggers) {
    const table = name.startsWith("audit_seals") ? "audit_seals" : "audit";
    const on = kind === "PostgreSQL" ? ` on ${table}` : "";
    await sql.raw(`drop trigger ${name}${on}`).execute(database.raw());
  }
}

async function placeOf(database: TestDatabase, kind: string): Promise<AuditCrash["database"]> {
  if (kind === "PostgreSQL" && "url" in database) return { postgres: String(database.url) };
  const files = await sql<{ file: string }>`pragma database_list`.execute(database.raw());
  return { sqlite: files.rows[0]?.file ?? "" };
}

/** Has another process seal, and answers how it ended. */
async function crash(doing: AuditCrash): Promise<unknown> {
  const script = await bundled(join(import.meta.dirname, "../testing/audit-crash-child.ts"));
  const child = spawn(process.execPath, [script, JSON.stringify(doing)], { stdio: "inherit" });
  const [code, signal] = await once(child, "exit");
  expect(signal ?? code).toBeOneOf(["SIGKILL", 0]);
  return signal;
}
