import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Whether tokens for an API are bound to the key of a session that has one. */
export const boundTokens: Migration = {
  async up(db: Kysely<unknown>) {
    const column = db.schema.alterTable("audiences");
    await column.addColumn("bound_tokens", "integer", (to) => to.notNull().defaultTo(0)).execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.alterTable("audiences").dropColumn("bound_tokens").execute();
  },
};
