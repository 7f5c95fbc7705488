import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as tick } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { storeContract } from "./contract.ts";
import { createSqliteStore, openSqlite } from "./sqlite.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import { anAccount, anEntry } from "./testing/samples.ts";
import { sqliteDatabases } from "./testing/sqlite-databases.ts";

storeContract("SQLite", sqliteDatabases);

const world = systemWorld;
const unavailable = { reason: "unavailable", cause: expect.any(Error) };

describe("SQLite itself", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "countersign-sqlite-"));
    file = join(directory, "data", "countersign.db");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("the clock is the world's", async () => {
    const store = await openSqlite({ file, world: { ...world, now: () => 12345 } });
    expect(await store.now()).toBe(12345);
    await store.close();
  });

  test("the log is synced before it is moved into the database, readers wait for no writer, references hold", () => {
    const database = openSqliteFile(file);
    const pragma = (name: string) => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
    expect(["journal_mode", "synchronous", "foreign_keys"].map(pragma)).toEqual(["wal", 1, 1]);
    database.close();
  });

  test.each([
    ["a new file", () => {}],
    ["a file that was open to others", (path: string) => writeFileSync(path, "", { mode: 0o666 })],
  ])("%s is for its owner alone, its log and index as well", async (_, prepare) => {
    const usual = process.umask(0);
    try {
      const path = join(directory, "countersign.db");
      prepare(path);
      const store = await openSqlite({ file: path, world });
      await store.migrate();
      const modes = ["", "-wal", "-shm"].map((suffix) => statSync(path + suffix).mode & 0o777);
      expect(modes).toEqual([0o600, 0o600, 0o600]);
      await store.close();
    } finally {
      process.umask(usual);
    }
  });

  test.each([
    ["a folder", () => directory],
    ["a path through a file", () => join(fileURLToPath(import.meta.url), "countersign.db")],
    [
      "something that is no database",
      () => {
        const path = join(directory, "text");
        writeFileSync(path, "no database ".repeat(100));
        return path;
      },
    ],
  ])("%s cannot be opened, and is unavailable, by its name", async (_, path) => {
    const detail = `the database ${path()} cannot be opened`;
    await expect(openSqlite({ file: path(), world })).rejects.toMatchObject({ ...unavailable, detail });
  });

  test("two statements where there should be one are refused, and not half done", async () => {
    const store = await openSqlite({ file, world });
    await store.migrate();
    store.onEvents(async (_, query) => void (await query("delete from roles; delete from accounts", [])));
    await store.accounts.insert(anAccount("ada"));
    const told = store.transaction(async (tx) => tx.emit({ type: "role.removed", at: 0, role: "", actor: null }));
    await expect(told).rejects.toMatchObject(unavailable);
    expect(await store.accounts.list({ limit: 1 })).toHaveLength(1);
    await store.close();
  });

  test("a full disk is unavailable, loses nothing that was acknowledged, and serves again when there is room", async () => {
    const database = openSqliteFile(file);
    const store = createSqliteStore(database, world, 5000);
    await store.migrate();
    const pages = Object.values(database.prepare("pragma page_count").get() ?? {})[0];
    database.exec(`pragma max_page_count = ${Number(pages) + 8}`);
    const acknowledged: string[] = [];
    let refusal: unknown;
    for (let n = 0; refusal === undefined && n < 1000; n += 1) {
      const account = anAccount(`person ${n}`, { name: "n".repeat(500) });
      await store.accounts.insert(account).then(
        () => acknowledged.push(account.id),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toMatchObject(unavailable);
    const last = anAccount("last");
    const half = store.transaction(async (tx) => {
      await tx.accounts.setDisabled(acknowledged[0] ?? "", 1);
      // The work does not care, the transaction does.
      await tx.audit.append(anEntry("large", { subject: "x".repeat(100_000) })).catch(() => {});
      await tx.accounts.insert(last).catch(() => {});
    });
    await expect(half).rejects.toMatchObject(unavailable);
    const ids = async () => (await store.accounts.list({ limit: 2000 })).map(({ id }) => id);
    expect(await ids()).toEqual(acknowledged.toSorted());
    expect((await store.accounts.byId(acknowledged[0] ?? ""))?.disabledAt).toBeNull();

    database.exec("pragma max_page_count = 100000");
    await store.accounts.insert(last);
    await store.close();
    const reopened = await openSqlite({ file, world });
    expect(await reopened.accounts.list({ limit: 2000 })).toHaveLength(acknowledged.length + 1);
    await reopened.close();
  });

  test("server case 2: what was acknowledged is there after a kill -9", async () => {
    const program = fileURLToPath(new URL("testing/writing-child.ts", import.meta.url));
    const child = fork(program, [file], { execArgv: ["--conditions=source"] });
    const acknowledged: string[] = [];
    child.on("message", (id: string) => {
      acknowledged.push(id);
      if (acknowledged.length === 100) child.kill("SIGKILL");
    });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    const store = await openSqlite({ file, world });
    const kept = new Set((await store.accounts.list({ limit: 10_000 })).map(({ id }) => id));
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    await store.close();
  });

  test("no write is taken down by a transaction that was left open on the connection", async () => {
    const database = openSqliteFile(file);
    const store = createSqliteStore(database, world, 5000);
    await store.migrate();
    database.exec("begin immediate");
    await store.accounts.insert(anAccount("ada"));
    await store.transaction((tx) => tx.accounts.insert(anAccount("bob")));
    await store.close();
    const reopened = await openSqlite({ file, world });
    expect(await reopened.accounts.list({ limit: 5 })).toHaveLength(2);
    await reopened.close();
  });

  test("another process that is writing holds up a writer, no reader, and nothing else of this process", async () => {
    const store = await openSqlite({ file, world });
    await store.migrate();
    const other = new DatabaseSync(file);
    other.exec("begin immediate");
    const written = store.accounts.insert(anAccount("ada"));
    const committed = store.transaction((tx) => tx.accounts.insert(anAccount("bob")));
    for (let n = 0; n < 20; n += 1) await tick();
    expect(other.prepare("select count(*) as n from accounts").get()).toMatchObject({ n: 0 });
    other.exec("commit");
    await Promise.all([written, committed]);
    expect(await store.accounts.list({ limit: 5 })).toHaveLength(2);
    other.close();
    await store.close();
  });

  test("another process that does not stop writing is unavailable in time, for writers only", async () => {
    const store = await openSqlite({ file, world, timeoutMs: 50 });
    await store.migrate();
    const other = new DatabaseSync(file);
    other.exec("begin immediate");
    await expect(store.accounts.insert(anAccount("ada"))).rejects.toMatchObject(unavailable);
    await expect(store.transaction(async () => {})).rejects.toMatchObject(unavailable);
    expect(await store.accounts.list({ limit: 5 })).toEqual([]);
    other.exec("rollback");
    other.close();
    await store.accounts.insert(anAccount("ada"));
    await store.close();
  });

  test("corpus 77: a transaction that waits for a query that waits for it comes to an end", async () => {
    const store = await openSqlite({ file, world, timeoutMs: 50 });
    await store.migrate();
    const asked = Promise.withResolvers<void>();
    const shared = asked.promise.then(() => store.accounts.list({ limit: 1 }));
    const waiting = store.transaction(async () => {
      asked.resolve();
      await shared;
    });
    await expect(waiting).rejects.toMatchObject({ reason: "unavailable" });
    expect(await store.accounts.list({ limit: 1 })).toEqual([]);
    await store.close();
  });
});
