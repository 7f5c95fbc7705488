import { CompiledQuery, type Dialect, PostgresAdapter, PostgresDialect, type PostgresPoolClient } from "kysely";
import pg from "pg";

export interface QuerySettings {
  /** How long to wait for an answer, in milliseconds; undefined waits for as long as it takes, as a migration must. */
  readonly timeoutMs: number | undefined;
}

/**
 * Kysely's PostgreSQL over a pool that may be someone else's: nothing is set on the pool, its clients or `pg` itself.
 * `int8` comes as a number. Nothing is left behind in a session, which a pooler may give to somebody else: no setting, no
 * prepared statement, no lock. A connection that failed otherwise than by an answer of the server is never used again.
 */
export function postgresDialect(pool: pg.Pool, settings: QuerySettings): Dialect {
  return new PostgresDialectWithoutLock({
    pool: { connect: () => connect(pool, settings), end: async () => {}, options: {} },
  });
}

class PostgresDialectWithoutLock extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new AdapterWithoutLock();
  }
}

/** Kysely's lock for migrations belongs to a session, and a pooler may give every statement another one. Ours is taken before. */
class AdapterWithoutLock extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** A dialect whose transactions do not wait for the disk when they commit; a statement of its own does. */
export function withoutSync(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const begin = driver.beginTransaction.bind(driver);
      driver.beginTransaction = async (connection, settings) => {
        await begin(connection, settings);
        try {
          await connection.executeQuery(CompiledQuery.raw("set local synchronous_commit = off"));
        } catch (error) {
          // Nobody else would: to Kysely the transaction has not begun.
          await driver.rollbackTransaction(connection).catch(() => undefined);
          throw error;
        }
      };
      return driver;
    },
  };
}

/** Clients that have a listener for the loss of their connection: it comes as an event as well, between two queries. */
const heard = new WeakSet<pg.PoolClient>();

async function connect(pool: pg.Pool, { timeoutMs }: QuerySettings): Promise<PostgresPoolClient> {
  const client = await pool.connect();
  if (!heard.has(client)) client.on("error", () => {});
  heard.add(client);
  let spoilt = false;
  // `@types/pg` knows this setting of a query for a client only.
  const patience: object = timeoutMs === undefined ? {} : { query_timeout: timeoutMs };
  const query = async (text: string, values: readonly unknown[]) => {
    try {
      return await client.query<Rows>({ text, values: [...values], types, ...patience });
    } catch (error) {
      spoilt ||= !isAnswer(error);
      throw error;
    }
  };
  return {
    // Kysely asks for streams by the same method; there are none here.
    query: query as unknown as PostgresPoolClient["query"],
    release: (destroy) => client.release(spoilt || destroy === true),
  };
}

type Rows = Record<string, unknown>;

/** Whether the server refused one statement, and did not say goodbye: connection lost, shutting down, idle too long. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(08|57P|25P03)/.test(error.code ?? "");
}

const INT8 = 20;

const types: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: "text" | "binary") =>
    id === INT8 ? parseInteger : pg.types.getTypeParser(id, format),
};

/** @throws {RangeError} for what a number cannot hold exactly; we never write that. */
function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError("an int8 beyond 2^53");
  return value;
}
