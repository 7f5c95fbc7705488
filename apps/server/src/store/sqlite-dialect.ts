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
import type { GroupCommit } from "./group-commit.ts";
import type { Release, Turns } from "./turns.ts";

/** How long to wait between two looks whether another process has finished. */
const LOOK_AGAIN_MS = 5;
/** Statements that are kept ready. There are fewer than that, unless someone builds queries of endless shapes. */
const PREPARED_MAX = 500;

export interface SqliteConnections {
  /** Whose turn it is with the one connection. */
  readonly turns: Turns;
  readonly commits: GroupCommit;
  /** Whether what was committed waits for the disk before it is answered. */
  readonly durable: boolean;
}

/**
 * Kysely's SQLite over Node's own. There is one connection, and a transaction has it for itself until it ends: what is
 * asked outside waits, so nobody sees uncommitted rows. Where another process is writing, a statement waits as long as
 * it would for its turn.
 *
 * The disk is waited for beside the turn: the next one begins as soon as a commit is made, and the commit is answered
 * when a sync that began after it has ended. What a transaction or a writing statement saw is therefore on disk before
 * anybody hears of it, commits of others as well, and of other processes: the successor that a repeated refresh answers
 * is never taken back. A query that only reads, alone, may show what a power cut takes back, and promises nothing.
 */
export function sqliteDialect(database: DatabaseSync, connections: SqliteConnections): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createDriver(database, connections),
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

function createDriver(database: DatabaseSync, { turns, commits, durable }: SqliteConnections): Driver {
  const prepare = createPreparing(database);
  const exec = (command: string) => patiently(() => database.exec(command), turns.limitMs);
  return {
    async init() {},
    async acquireConnection() {
      const release = await turns.take();
      try {
        commits.assertSound();
        rollBack(database);
      } catch (error) {
        release();
        throw error;
      }
      return new Turn(release, async <R>({ sql, parameters }: CompiledQuery) => {
        const statement = prepare(sql);
        return patiently(() => run<R>(statement, parameters as readonly SQLInputValue[]), turns.limitMs);
      });
    },
    // Immediate: the one that will write waits here, where nothing has been read yet, and never fails half-way.
    async beginTransaction(connection) {
      await exec("begin immediate");
      turnOf(connection).transaction = true;
    },
    async commitTransaction(connection) {
      await exec("commit");
      turnOf(connection).committed = true;
    },
    async rollbackTransaction() {
      rollBack(database);
    },
    async releaseConnection(connection) {
      const { release, committed } = turnOf(connection);
      release();
      if (committed && durable) await commits.durable();
    },
    async destroy() {},
  };
}

type Execute = <R>(query: CompiledQuery) => Promise<QueryResult<R>>;

/** The connection, for as long as it is somebody's. */
class Turn implements DatabaseConnection {
  readonly release: Release;
  readonly #execute: Execute;
  transaction = false;
  /** Whether there may be something new in the log. */
  committed = false;

  constructor(release: Release, execute: Execute) {
    this.release = release;
    this.#execute = execute;
  }

  async executeQuery<R>(query: CompiledQuery) {
    const result = await this.#execute<R>(query);
    if (!this.transaction && query.query.kind !== "SelectQueryNode") this.committed = true;
    return result;
  }

  streamQuery(): never {
    throw new Error("nothing here is streamed");
  }
}

function turnOf(connection: DatabaseConnection): Turn {
  if (connection instanceof Turn) return connection;
  throw new Error("a connection that this driver did not give");
}

/**
 * Ends what is open: nothing where a full disk has done so. Tried again before each turn, because a write that lands in
 * a transaction which could not be rolled back would be lost.
 */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("rollback");
}

function createPreparing(database: DatabaseSync): (query: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (query) => {
    const statement = prepared.get(query) ?? database.prepare(query);
    // SQLite prepares the first of several, and is silent about the others.
    if (query.slice(statement.sourceSQL.length).trim() !== "") throw new Error("more than one statement");
    if (prepared.size >= PREPARED_MAX) prepared.clear();
    prepared.set(query, statement);
    return statement;
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
