import { Refusal } from "@countersign/tokens";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { migrations } from "./migrations/all.ts";

/** What runs the migrations, each instance in its turn: Kysely takes a lock first, and looks what is missing under it. */
export function createMigrator<Any>(db: Kysely<Any>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: "countersign_migrations",
    migrationLockTableName: "countersign_migrations_lock",
  });
}

/**
 * Runs what is missing, all or nothing. A schema that is newer than this program is a failure: it knows migrations that
 * the program does not.
 *
 * @throws {Refusal} `unavailable`
 */
export async function migrateToLatest<Any>(db: Kysely<Any>): Promise<void> {
  const { error } = await createMigrator(db).migrateToLatest();
  if (error === undefined) return;
  throw error instanceof Refusal
    ? error
    : new Refusal("unavailable", { detail: "the migrations that ran are not this program's", cause: error });
}
