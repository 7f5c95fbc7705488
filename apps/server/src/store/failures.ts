import { Refusal } from "@countersign/tokens";
import type { CompiledQuery, DatabaseConnection, Dialect, Driver } from "kysely";

/** What a driver's error is called in public: `conflict` or `bad_request`; `undefined` where it is our own failure. */
export type Judge = (error: unknown) => "conflict" | "bad_request" | undefined;

/**
 * A dialect whose every failure is a `Refusal` with the driver's error as its cause: connecting, beginning, querying and
 * committing alike. What the judge does not know is `unavailable`.
 *
 * A query that failed spoils its transaction in every database as it does in PostgreSQL: what follows fails the same
 * way, and the commit as well, even where the work has caught the error.
 */
export function withFailures(dialect: Dialect, judge: Judge): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => guardDriver(dialect.createDriver(), judge),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** Runs a driver's work, and turns what it throws into a refusal. */
async function refusing<T>(judge: Judge, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof Refusal ? cause : new Refusal(judge(cause) ?? "unavailable", { cause });
  }
}

function guardDriver(driver: Driver, judge: Judge): Driver {
  const guarded = (connection: DatabaseConnection): GuardedConnection => {
    if (connection instanceof GuardedConnection) return connection;
    throw new Error("a connection that this driver did not give");
  };
  return {
    init: (options) => refusing(judge, () => driver.init(options)),
    acquireConnection: async (options) =>
      new GuardedConnection(await refusing(judge, () => driver.acquireConnection(options)), judge),
    async beginTransaction(connection, settings) {
      const one = guarded(connection);
      await refusing(judge, () => driver.beginTransaction(one.inner, settings));
      one.transaction = { failure: undefined };
    },
    async commitTransaction(connection) {
      const one = guarded(connection);
      if (one.transaction?.failure) throw one.transaction.failure;
      await refusing(judge, () => driver.commitTransaction(one.inner));
      one.transaction = undefined;
    },
    async rollbackTransaction(connection) {
      const one = guarded(connection);
      one.transaction = undefined;
      await driver.rollbackTransaction(one.inner).catch(() => {
        // The error that led here says more than that nothing could be rolled back: the database does so by itself.
      });
    },
    releaseConnection: (connection, options) =>
      refusing(judge, () => driver.releaseConnection(guarded(connection).inner, options)),
    destroy: (options) => refusing(judge, () => driver.destroy(options)),
  };
}

class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;
  readonly #judge: Judge;
  /** The transaction that is open on it, and its first failure. */
  transaction: { failure: unknown } | undefined;

  constructor(inner: DatabaseConnection, judge: Judge) {
    this.inner = inner;
    this.#judge = judge;
  }

  async executeQuery<R>(query: CompiledQuery) {
    if (this.transaction?.failure) throw this.transaction.failure;
    try {
      return await refusing(this.#judge, async () => {
        assertTexts(query.parameters);
        return await this.inner.executeQuery<R>(query);
      });
    } catch (error) {
      if (this.transaction) this.transaction.failure = error;
      throw error;
    }
  }

  streamQuery(): never {
    throw new Error("nothing here is streamed");
  }
}

/**
 * Refuses text that one database would keep and another would change or refuse: a NUL, or half of a surrogate pair.
 *
 * @throws {Refusal} `bad_request`
 */
function assertTexts(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
      throw new Refusal("bad_request", { detail: "a text that no database keeps as it is" });
    }
  }
}
