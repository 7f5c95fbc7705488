import { Refusal } from "@countersign/tokens";
import { CompiledQuery, type Kysely, sql } from "kysely";
import pg from "pg";
import { type Judge, withFailures } from "./failures.ts";
import { createKyselyStore } from "./kysely-store.ts";
import { postgresDialect, withoutSync } from "./postgres-dialect.ts";
import { announcementOf, listen, type PostgresListener } from "./postgres-listener.ts";
import { DEFAULT_SCHEMA, isSchemaName, schemaNotOurs } from "./postgres-schema.ts";
import { assertVerifiedTls } from "./postgres-tls.ts";
import type { Schema } from "./schema.ts";
import type { Store } from "./store.ts";

export interface PostgresOptions {
  /** A connection string, or a pool of one's own, which stays open when the store closes. */
  readonly connection: string | pg.Pool;
  /** Where the tables stand; `countersign` unless given. Made where it is missing. */
  readonly schema?: string | undefined;
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
 * Every transaction stands for itself, so a pooler may stand in between. Where it pools transactions, give a pool of your
 * own: the one that is made of a connection string sets its time limits by start-up parameters, which the pooler would
 * have to let pass.
 *
 * @throws {TypeError} for a size, a time or a schema that cannot be
 * @throws {Error} with a sentence where the way to the server is not under verified TLS (ASVS 12.3.1).
 */
export function openPostgres(options: PostgresOptions): Store {
  const { connection, schema = DEFAULT_SCHEMA, size = 10, timeoutMs = 10_000 } = options;
  if (!isSchemaName(schema)) throw new TypeError("schema: lower case letters, digits and _, none of PostgreSQL's own");
  if (!(Number.isInteger(size) && size >= 1)) throw new TypeError("PostgreSQL needs at least one connection");
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 100)) throw new TypeError("timeoutMs is at least 100 ms");
  assertVerifiedTls(connection);
  const pool = typeof connection === "string" ? createPool(connection, size, timeoutMs) : connection;
  // A lost idle connection is replaced when one is needed; without a listener it would end the process.
  pool.on("error", ignore);
  const keyOf = (name: string) => sql`hashtextextended(${`countersign ${schema} ${name}`}, 0)`;
  const lock = async (db: Kysely<Schema>, name: string) => {
    await sql`select pg_advisory_xact_lock(${keyOf(name)})`.execute(db);
  };
  const announcement = CompiledQuery.raw(announcementOf(schema));
  let listener: PostgresListener | undefined;
  const store = createKyselyStore({
    schema,
    dialect: withFailures(postgresDialect(pool, { timeoutMs: timeoutMs + ANSWER_MS }), judge),
    counting: withFailures(withoutSync(postgresDialect(pool, { timeoutMs: timeoutMs + ANSWER_MS })), judge),
    migrations: withFailures(postgresDialect(pool, { timeoutMs: undefined }), judge),
    async now(db) {
      const now = sql<{ now: number }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`;
      return (await now.execute(db)).rows[0]?.now ?? Number.NaN;
    },
    async beginMigration(db) {
      await sql`select set_config('statement_timeout', '0', true)`.execute(db);
      await lock(db, "migrations");
    },
    lock,
    share: async (db, name) => void (await sql`select pg_advisory_xact_lock_shared(${keyOf(name)})`.execute(db)),
    // By the statement that comes last in the transaction, so that nothing waits for it.
    announce: async (db) => void (await db.executeQuery(announcement)),
    listen(heard) {
      // Somebody's pool may pool transactions, where listening is impossible: they read by the second.
      if (typeof connection === "string") listener ??= listen(connection, { schema, timeoutMs, heard });
    },
    async close() {
      await listener?.close();
      if (typeof connection !== "string") pool.off("error", ignore);
      // It keeps its listener: a connection that is lost while it closes is an error of the pool as well.
      else if (!pool.ending) await pool.end();
    },
  });
  const migrate = () =>
    store.migrate().catch((cause: unknown) => {
      throw isNotPermitted(cause) ? schemaNotOurs(schema, cause) : cause;
    });
  return { ...store, migrate };
}

/** insufficient_privilege, at the role's own statements: nothing but a migration makes any that it could not have. */
function isNotPermitted(error: unknown): boolean {
  return error instanceof Refusal && error.cause instanceof pg.DatabaseError && error.cause.code === "42501";
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

function ignore(): void {}

/** What PostgreSQL calls it: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const judge: Judge = (error) => {
  const code = error instanceof pg.DatabaseError ? (error.code ?? "") : "";
  // unique_violation, foreign_key_violation
  if (code === "23505" || code === "23503") return "conflict";
  // Class 22: what was given does not fit its column, a number out of range for example.
  return code.startsWith("22") ? "bad_request" : undefined;
};
