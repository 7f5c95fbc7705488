import { Refusal } from "@countersign/tokens";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import type { Engine } from "./engine.ts";
import { migrations } from "./migrations/all.ts";
import type { Schema } from "./schema.ts";

/** What runs the migrations, in a transaction that nobody else's runs beside. */
export function createMigrator(db: Kysely<Schema>, schema: string | undefined): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: "countersign_migrations",
    migrationLockTableName: "countersign_migrations_lock",
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
}

/**
 * Runs what is missing, all or nothing, each instance in its turn. A schema that is newer than this program is a failure, and
 * left as it is: it knows migrations that the program does not.
 *
 * @param db where the tables stand, by `engine.migrations`
 * @throws {Refusal} `unavailable`
 */
export async function migrateToLatest(db: Kysely<Schema>, engine: Engine): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel("read committed")
    .execute(async (trx) => {
      await engine.beginMigration(trx);
      const { error } = await createMigrator(trx, engine.schema).migrateToLatest();
      if (error === undefined) return;
      throw error instanceof Refusal
        ? error
        : new Refusal("unavailable", {
            detail: "a newer release has changed the database, start that one",
            cause: error,
          });
    });
}
