import type { Dialect, Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import type { Transaction } from "./store.ts";

type LockName = Parameters<Transaction["lock"]>[0];

/** What differs between the databases. */
export interface Engine {
  /** Gives refusals only (`withFailures`). */
  readonly dialect: Dialect;
  /** The same for counters: what it commits may be lost with the power, though not with a process, and costs no sync. */
  readonly counting: Dialect;
  /** The same for migrations, which may take longer than a query is given. */
  readonly migrations: Dialect;
  /** Where the tables stand, in a database that has such places. */
  readonly schema?: string;
  /** The first statements of the transaction that migrates: no other instance does so until it ends. */
  beginMigration(db: Kysely<Schema>): Promise<void>;
  /** Milliseconds since the epoch. */
  now(db: Kysely<Schema>): Promise<number>;
  /** Holds a lock until the transaction ends, against every other instance. */
  lock(db: Kysely<Schema>, name: LockName): Promise<void>;
  /** The same beside others that share it. */
  share(db: Kysely<Schema>, name: LockName): Promise<void>;
  /** Tells every instance with the commit that there are facts; where the database can. */
  announce?(db: Kysely<Schema>): Promise<void>;
  /** Hears of that, from now until it is closed. */
  listen?(heard: () => void): void;
  close(): Promise<void>;
}
