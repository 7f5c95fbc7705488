import type { DatabaseSync } from "node:sqlite";
import { Refusal, type World } from "@countersign/tokens";
import { type Judge, withFailures } from "./failures.ts";
import { GroupCommit } from "./group-commit.ts";
import { createKyselyStore } from "./kysely-store.ts";
import { resultCode, sqliteDialect } from "./sqlite-dialect.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import type { Store } from "./store.ts";
import { Turns } from "./turns.ts";
import { openWriteAheadLog } from "./write-ahead-log.ts";

export interface SqliteOptions {
  /** Path of the database; made where it is missing, readable by its owner alone. */
  readonly file: string;
  /** Whose clock is the database's. */
  readonly world: World;
  /** How long a query waits for its turn, or for another process that is writing; 5 s unless given. */
  readonly timeoutMs?: number;
}

/**
 * The store in a file, without a server: for one instance. Others may open the same file, and wait for each other.
 *
 * @throws {Refusal} `unavailable` where the file cannot be opened.
 */
export async function openSqlite({ file, world, timeoutMs = 5000 }: SqliteOptions): Promise<Store> {
  try {
    return createSqliteStore(openSqliteFile(file), world, timeoutMs);
  } catch (cause) {
    throw new Refusal("unavailable", { detail: `the database ${file} cannot be opened`, cause });
  }
}

/** The store over a database that is open already, with all its settings, and over its log. It closes both. */
export function createSqliteStore(
  database: DatabaseSync,
  world: World,
  timeoutMs: number,
  log = openWriteAheadLog(database),
): Store {
  const turns = new Turns(timeoutMs);
  const commits = new GroupCommit(log);
  const dialect = (durable: boolean) => withFailures(sqliteDialect(database, { turns, commits, durable }), judge);
  return createKyselyStore({
    dialect: dialect(true),
    counting: dialect(false),
    migrations: dialect(true),
    now: async () => world.now(),
    // A transaction is the only writer from its first statement on.
    beginMigration: async () => {},
    lock: async () => {},
    share: async () => {},
    async close() {
      const release = await turns.take();
      if (database.isOpen) {
        await commits.close();
        database.close();
      }
      release();
    },
  });
}

/** SQLITE_CONSTRAINT_FOREIGNKEY, _PRIMARYKEY, _UNIQUE and _ROWID, https://sqlite.org/rescode.html */
const conflicts = new Set([787, 1555, 2067, 2579]);

const judge: Judge = (error) => (conflicts.has(resultCode(error)) ? "conflict" : undefined);
