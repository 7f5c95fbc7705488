import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** The access table of an API, as JSON: null where it was never told. */
export const procedures: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("audiences").addColumn("procedures", "text").execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.alterTable("audiences").dropColumn("procedures").execute();
  },
};
