import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Syncing } from "./group-commit.ts";
import { createSqliteStore, openSqlite } from "./sqlite.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import type { Store } from "./store.ts";
import { anAccount, NOW } from "./testing/samples.ts";
import { openWriteAheadLog } from "./write-ahead-log.ts";

const world = systemWorld;

// What a power cut leaves is what the last sync wrote that came to its end. These stores sync for real; beside that, what
// was there when a sync began is copied, and becomes "the disk" when it has ended.

let directory: string;
let file: string;
let disk: string;
let syncs: number;
/** The next syncs wait for it. */
let gate: Promise<void>;
let store: Store;

function open(): Store {
  const database = openSqliteFile(file);
  const log = openWriteAheadLog(database);
  const observed: Syncing = {
    async sync() {
      syncs += 1;
      const number = syncs;
      for (const suffix of ["", "-wal"]) copyFileSync(file + suffix, join(directory, `${number}${suffix}`));
      await gate;
      await log.sync();
      for (const suffix of ["", "-wal"]) copyFileSync(join(directory, `${number}${suffix}`), disk + suffix);
    },
    close: () => log.close(),
  };
  return createSqliteStore(database, world, 5000, observed);
}

/** The addresses that are in a database file. */
function emails(path: string): string[] {
  const database = new DatabaseSync(path);
  const rows = database.prepare("select email from accounts order by email").all();
  database.close();
  return rows.map(({ email }) => String(email));
}

/** The addresses that would be there after a power cut, now. */
function afterPowerCut(): string[] {
  const copy = join(directory, "restarted.db");
  for (const suffix of ["", "-wal"]) copyFileSync(disk + suffix, copy + suffix);
  rmSync(`${copy}-shm`, { force: true });
  return emails(copy);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "countersign-power-"));
  file = join(directory, "countersign.db");
  disk = join(directory, "disk.db");
  syncs = 0;
  gate = Promise.resolve();
  store = open();
  await store.migrate();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const people = (count: number) => Array.from({ length: count }, (_, n) => anAccount(`person ${n + 10}`));

describe("server case 2: a power cut", () => {
  test("takes nothing that was acknowledged, whether it was a statement or a transaction", async () => {
    const acknowledged: string[] = [];
    await Promise.all(
      people(40).map(async (account, n) => {
        if (n % 2) await store.accounts.insert(account);
        else await store.transaction((tx) => tx.accounts.insert(account));
        acknowledged.push(account.email);
        expect(afterPowerCut()).toEqual(expect.arrayContaining(acknowledged));
      }),
    );
    expect(acknowledged).toHaveLength(40);
  });

  test("nothing is acknowledged before its sync; others commit and read meanwhile, and share the next one", async () => {
    const before = syncs;
    const opened = Promise.withResolvers<void>();
    gate = opened.promise;
    let acknowledged = 0;
    const writing = people(50).map(async (account) => {
      await store.transaction((tx) => tx.accounts.insert(account));
      acknowledged += 1;
    });
    await expect.poll(() => emails(file).length).toBe(50);
    expect(await store.accounts.list({ limit: 100 })).toHaveLength(50);
    expect([acknowledged, syncs - before]).toEqual([0, 1]);
    expect(afterPowerCut()).toEqual([]);
    opened.resolve();
    await Promise.all(writing);
    expect([acknowledged, syncs - before]).toEqual([50, 2]);
  });

  test("an answer that was read in a transaction is not given before it is durable, though another wrote it", async () => {
    const opened = Promise.withResolvers<void>();
    gate = opened.promise;
    const [ada = anAccount("ada")] = people(1);
    const written = store.accounts.insert(ada);
    let answered = false;
    const read = store.transaction((tx) => tx.accounts.byId(ada.id)).finally(() => (answered = true));
    await expect.poll(() => store.accounts.byId(ada.id)).toEqual(ada);
    expect(answered).toBe(false);
    opened.resolve();
    await written;
    expect(await read).toEqual(ada);
    expect(afterPowerCut()).toEqual([ada.email]);
  });

  test("counting attempts and reading wait for no disk", async () => {
    const before = syncs;
    await store.attempts.count([{ key: "key", windowMs: 1000, most: 10 }], NOW);
    await store.attempts.clear("key");
    expect(await store.accounts.list({ limit: 1 })).toEqual([]);
    expect(syncs).toBe(before);
  });
});

describe("a disk that cannot be synced", () => {
  test("refuses all that waits and all that comes, until the database is opened again", async () => {
    const ada = anAccount("ada");
    await store.accounts.insert(ada);
    const failing = Promise.reject(new Error("EIO"));
    failing.catch(() => {});
    gate = failing;
    const unavailable = { reason: "unavailable" };
    const both = [anAccount("bob"), anAccount("cid")].map((account) =>
      store.transaction((tx) => tx.accounts.insert(account)),
    );
    for (const one of both) await expect(one).rejects.toMatchObject(unavailable);
    gate = Promise.resolve();
    const tried = syncs;
    await expect(store.accounts.insert(anAccount("dan"))).rejects.toMatchObject(unavailable);
    await expect(store.accounts.byId(ada.id)).rejects.toMatchObject(unavailable);
    expect(syncs).toBe(tried);
    await store.close();

    store = await openSqlite({ file, world });
    expect(await store.accounts.byId(ada.id)).toEqual(ada);
    expect(await store.accounts.byEmail("dan@example.com")).toBeUndefined();
    await store.accounts.insert(anAccount("eve"));
  });

  test("is synced before anything else when it is opened again: what a log holds is moved into the database", async () => {
    await store.accounts.insert(anAccount("ada"));
    const [left, moved] = [join(directory, "left.db"), join(directory, "moved.db")];
    for (const suffix of ["", "-wal"]) copyFileSync(file + suffix, left + suffix);
    const opened = openSqliteFile(left);
    copyFileSync(left, moved);
    opened.close();
    expect(emails(moved)).toEqual(["ada@example.com"]);
  });
});
