import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Release, Turns } from "./turns.ts";

/** How long to wait between two looks whether another process has finished. */
const LOOK_AGAIN_MS = 5;
/** Statements that are kept ready. There are fewer than that, unless someone builds queries of endless shapes. */
const PREPARED_MAX = 500;

/**
 * Kysely's SQLite over Node's own. There is one connection, and a transaction has it for itself until it ends: what is
 * asked outside waits, so nobody sees uncommitted rows. Where another process is writing, a statement waits as long as
 * it would for its turn.
 */
export function sqliteDialect(database: DatabaseSync, turns: Turns): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createDriver(database, turns),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class Adapter extends SqliteAdapter {
  // The driver has its own queue, a fair one with a limit; Kysely's would wait for ever.
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  // SQLite's schema changes roll back like any others, so a migration is all or nothing. Its transaction is the lock.
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function createDriver(database: DatabaseSync, turns: Turns): Driver {
  const connection = createConnection(database, turns.limitMs);
  let release: Release | undefined;
  const run = (command: string) => patiently(() => database.exec(command), turns.limitMs);
  return {
    async init() {},
    async acquireConnection() {
      const mine = await turns.take();
      try {
        rollBack(database);
      } catch (error) {
        mine();
        throw error;
      }
      release = mine;
      return connection;
    },
    // Immediate: the one that will write waits here, where nothing has been read yet, and never fails half-way.
    beginTransaction: () => run("begin immediate"),
    commitTransaction: () => run("commit"),
    async rollbackTransaction() {
      rollBack(database);
    },
    async releaseConnection() {
      release?.();
    },
    async destroy() {},
  };
}

/**
 * Ends what is open: nothing where a full disk has done so. Tried again before each turn, because a write that lands in
 * a transaction which could not be rolled back would be lost.
 */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("rollback");
}

function createConnection(database: DatabaseSync, patienceMs: number): DatabaseConnection {
  const prepared = new Map<string, StatementSync>();
  const prepare = (query: string) => {
    const statement = prepared.get(query) ?? database.prepare(query);
    // SQLite prepares the first of several, and is silent about the others.
    if (query.slice(statement.sourceSQL.length).trim() !== "") throw new Error("more than one statement");
    if (prepared.size >= PREPARED_MAX) prepared.clear();
    prepared.set(query, statement);
    return statement;
  };
  return {
    executeQuery: <R>({ sql, parameters }: CompiledQuery) =>
      patiently(() => run<R>(prepare(sql), parameters as readonly SQLInputValue[]), patienceMs),
    streamQuery() {
      throw new Error("nothing here is streamed");
    },
  };
}

function run<R>(statement: StatementSync, parameters: readonly SQLInputValue[]): QueryResult<R> {
  // Kysely knows the rows' type from the query that it built.
  if (statement.columns().length > 0) return { rows: statement.all(...parameters) as R[] };
  return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
}

/** SQLITE_BUSY, the low byte of SQLite's result codes: another process is writing. */
const BUSY = 5;

/** Waits for another process without holding up this one, as SQLite's own busy timeout would. */
async function patiently<T>(work: () => T, patienceMs: number): Promise<T> {
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    try {
      return work();
    } catch (error) {
      if ((resultCode(error) & 0xff) !== BUSY || waited >= patienceMs) throw error;
    }
    await delay(LOOK_AGAIN_MS);
  }
}

/** SQLite's extended result code in an error of `node:sqlite`; 0 in any other. */
export function resultCode(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}
