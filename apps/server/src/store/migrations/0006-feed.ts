import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Which run of numbers the facts are in. Null until an instance that knows of it starts. */
export const feed: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("installation").addColumn("feed_incarnation", "text").execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.alterTable("installation").dropColumn("feed_incarnation").execute();
  },
};
