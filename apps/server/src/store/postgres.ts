import { CompiledQuery, sql } from "kysely";
import pg from "pg";
import type { LockName } from "./engine.ts";
import { type Judge, withFailures } from "./failures.ts";
import { createKyselyStore } from "./kysely-store.ts";
import { postgresDialect, withoutSync } from "./postgres-dialect.ts";
import { ANNOUNCEMENT, listen, type PostgresListener } from "./postgres-listener.ts";
import { assertVerifiedTls } from "./postgres-tls.ts";
import type { Store } from "./store.ts";

export interface PostgresOptions {
  /** A connection string, or a pool of one's own, which stays open when the store closes. */
  readonly connection: string | pg.Pool;
  /** Connections at most; 10 unless given. A pool of one's own has its own size. */
  readonly size?: number;
  /** How long a statement may take, and the wait for a connection; 10 s unless given. At least 100 ms. */
  readonly timeoutMs?: number;
}

/** How much later than the server this side gives up: it is only to do so when the server does not answer. */
const ANSWER_MS = 1000;

/**
 * The store in PostgreSQL, for any number of instances. A hung database is `unavailable` when `timeoutMs` is over; the
 * next query takes another connection. Does not look whether the server writes its commits to disk
 * (`synchronous_commit`, on unless someone turned it off).
 *
 * Advisory locks and the settings of a session need connections of one's own: a pooler in between must pool sessions,
 * or be avoided for `migrate`, and let the start-up parameters pass.
 *
 * @throws {Error} with a sentence where the way to the server is not under verified TLS (ASVS 12.3.1).
 */
export function openPostgres({ connection, size = 10, timeoutMs = 10_000 }: PostgresOptions): Store {
  if (!(Number.isInteger(size) && size >= 1)) throw new TypeError("PostgreSQL needs at least one connection");
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 100)) throw new TypeError("timeoutMs is at least 100 ms");
  assertVerifiedTls(connection);
  const pool = typeof connection === "string" ? createPool(connection, size, timeoutMs) : connection;
  // A lost idle connection is replaced when one is needed; without a listener it would end the process.
  pool.on("error", ignore);
  let listener: PostgresListener | undefined;
  return createKyselyStore({
    dialect: withFailures(postgresDialect(pool, { timeoutMs: timeoutMs + ANSWER_MS }), judge),
    counting: withFailures(withoutSync(postgresDialect(pool, { timeoutMs: timeoutMs + ANSWER_MS })), judge),
    migrations: withFailures(postgresDialect(pool, { timeoutMs: undefined }), judge),
    async now(db) {
      const now = sql<{ now: number }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`;
      return (await now.execute(db)).rows[0]?.now ?? Number.NaN;
    },
    async lock(db, name) {
      const fixed = locks[name];
      // An account's lock is a hash of its name: two accounts may rarely wait for each other without need.
      const [kind, which] = fixed === undefined ? [ACCOUNT_LOCKS, sql`hashtext(${name})`] : [LOCKS, sql.lit(fixed)];
      await sql`select pg_advisory_xact_lock(${sql.lit(kind)}, ${which})`.execute(db);
    },
    // By the statement that comes last in the transaction, so that nothing waits for it.
    announce: async (db) => void (await db.executeQuery(CompiledQuery.raw(ANNOUNCEMENT))),
    listen(heard) {
      // Somebody's pool may pool transactions, where listening is impossible: they read by the second.
      if (typeof connection === "string") listener ??= listen(connection, timeoutMs, heard);
    },
    async close() {
      await listener?.close();
      if (typeof connection !== "string") pool.off("error", ignore);
      // It keeps its listener: a connection that is lost while it closes is an error of the pool as well.
      else if (!pool.ending) await pool.end();
    },
  });
}

function createPool(connectionString: string, size: number, timeoutMs: number): pg.Pool {
  return new pg.Pool({
    connectionString,
    max: size,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    // An instance that froze inside a transaction gives its locks back.
    idle_in_transaction_session_timeout: 3 * timeoutMs,
    keepAlive: true,
    application_name: "countersign",
  });
}

/** The first number of our advisory locks ("cs"); the second says which. Released versions must agree on them. */
const LOCKS = 0x6373;
const ACCOUNT_LOCKS = 0x6361;
const locks: Partial<Readonly<Record<LockName, number>>> = { installation: 1, administrators: 2, keys: 3, audit: 4 };

function ignore(): void {}

/** What PostgreSQL calls it: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const judge: Judge = (error) => {
  const code = error instanceof pg.DatabaseError ? (error.code ?? "") : "";
  // unique_violation, foreign_key_violation
  if (code === "23505" || code === "23503") return "conflict";
  // Class 22: what was given does not fit its column, a number out of range for example.
  return code.startsWith("22") ? "bad_request" : undefined;
};
