import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * What it takes to take something from a role that very many hold: whose tokens say what it permitted (`minted_at`), a
 * version for all tokens of an audience, and what is still to be done.
 */
export const roleNarrowings: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable("audiences")
      .addColumn("version", "integer", (to) => to.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable("sessions").addColumn("minted_at", "bigint").execute();
    await db.schema.alterTable("roles").addColumn("removed_at", "bigint").execute();
    await db.schema
      .createIndex("role_grants_by_role_account_id")
      .on("role_grants")
      .columns(["role", "account_id"])
      .execute();
    await db.schema.dropIndex("role_grants_by_role").execute();
    await db.schema
      .createTable("role_narrowings")
      .addColumn("id", "text", (to) => to.notNull())
      .addColumn("role", "text", (to) => to.notNull())
      .addColumn("audiences", "text", (to) => to.notNull())
      .addColumn("minted_since", "bigint", (to) => to.notNull())
      .addColumn("removes", "integer", (to) => to.notNull())
      .addColumn("step", "text", (to) => to.notNull())
      .addColumn("after", "text", (to) => to.notNull())
      .addColumn("minters", "integer", (to) => to.notNull())
      .addColumn("created_at", "bigint", (to) => to.notNull())
      .addPrimaryKeyConstraint("role_narrowings_key", ["id"])
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("role_narrowings").execute();
    await db.schema.createIndex("role_grants_by_role").on("role_grants").columns(["role"]).execute();
    await db.schema.dropIndex("role_grants_by_role_account_id").execute();
    await db.schema.alterTable("roles").dropColumn("removed_at").execute();
    await db.schema.alterTable("sessions").dropColumn("minted_at").execute();
    await db.schema.alterTable("audiences").dropColumn("version").execute();
  },
};
