import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Which processes run on the database: what an operator does to it while none may run has to know. */
export const instances: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("instances")
      .addColumn("id", "text", (to) => to.notNull())
      .addColumn("master_key_id", "text", (to) => to.notNull())
      .addColumn("seen_at", "bigint", (to) => to.notNull())
      .addPrimaryKeyConstraint("instances_key", ["id"])
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("instances").execute();
  },
};
