import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** Runs several statements as one: in the transaction that is open already, or in one of their own. */
export function atomically<T>(db: Kysely<Schema>, work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db);
  const own = db.transaction().setIsolationLevel("read committed");
  return own.execute((trx: Transaction<Schema>) => work(trx));
}
