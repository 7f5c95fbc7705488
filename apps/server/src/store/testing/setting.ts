import type { Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";

/** A database of one test, with as many instances on it as the test wants. */
export interface TestDatabase {
  /** One more instance, as another process would be. */
  open(): Promise<Store>;
  /** A way around the store, to arrange what it would not do and to look behind it. */
  raw(): Kysely<Schema>;
  /** Where its tables stand, if it has such places. */
  readonly schema: string | undefined;
  /** Closes everything that was opened. */
  close(): Promise<void>;
}

/** How a test gets databases of its own. */
export interface TestDatabases<Database extends TestDatabase = TestDatabase> {
  /** One with today's schema. */
  migrated(): Promise<Database>;
  /** One with nothing in it. */
  empty(): Promise<Database>;
}

/** What the cases of the contract start from. */
export interface Given {
  /** An instance on a database that only this test has. */
  readonly store: Store;
  /** One more instance on the same database. */
  another(): Promise<Store>;
  readonly database: TestDatabase;
  readonly databases: TestDatabases;
}
