import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Which APIs declared a role, so that what they declare no more can be told from what people made. */
export const roleDeclarations: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("role_declarations")
      .addColumn("role", "text", (to) => to.notNull())
      .addColumn("audience", "text", (to) => to.notNull())
      .addPrimaryKeyConstraint("role_declarations_key", ["role", "audience"])
      .addForeignKeyConstraint("role_declarations_role", ["role"], "roles", ["name"], (to) => to.onDelete("cascade"))
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("role_declarations").execute();
  },
};
