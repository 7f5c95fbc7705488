import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** What new signing keys are made for: one answer for all instances, whatever each was started with. */
export const keyAlgorithm: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable("installation")
      .addColumn("key_algorithm", "text", (to) => to.notNull().defaultTo("EdDSA"))
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.alterTable("installation").dropColumn("key_algorithm").execute();
  },
};
