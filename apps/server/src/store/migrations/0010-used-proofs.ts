import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Proofs of possession that were used, so that none is used twice at two instances. */
export const usedProofs: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("used_proofs")
      .addColumn("key", "text", (to) => to.notNull())
      .addColumn("until", "bigint", (to) => to.notNull())
      .addPrimaryKeyConstraint("used_proofs_key", ["key"])
      .execute();
    await db.schema.createIndex("used_proofs_by_until").on("used_proofs").column("until").execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("used_proofs").execute();
  },
};
