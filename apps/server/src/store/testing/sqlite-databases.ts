import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { Kysely } from "kysely";
import { GroupCommit } from "../group-commit.ts";
import type { Schema } from "../schema.ts";
import { openSqlite } from "../sqlite.ts";
import { sqliteDialect } from "../sqlite-dialect.ts";
import { openSqliteFile } from "../sqlite-file.ts";
import type { Store } from "../store.ts";
import { Turns } from "../turns.ts";
import { openWriteAheadLog } from "../write-ahead-log.ts";
import type { TestDatabase, TestDatabases } from "./setting.ts";

export const sqliteDatabases: TestDatabases = {
  empty: createDatabase,
  async migrated() {
    const database = await createDatabase();
    const store = await database.open();
    await store.migrate();
    return database;
  },
};

async function createDatabase(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-sqlite-"));
  const file = join(directory, "countersign.db");
  const opened: Store[] = [];
  const raw = openSqliteFile(file);
  const connections = { turns: new Turns(1000), commits: new GroupCommit(openWriteAheadLog(raw)), durable: false };
  const kysely = new Kysely<Schema>({ dialect: sqliteDialect(raw, connections) });
  return {
    async open() {
      const store = await openSqlite({ file, world: systemWorld });
      opened.push(store);
      return store;
    },
    raw: () => kysely,
    schema: undefined,
    async close() {
      await Promise.all(opened.map((store) => store.close()));
      await connections.commits.close();
      raw.close();
      await rm(directory, { recursive: true });
    },
  };
}
