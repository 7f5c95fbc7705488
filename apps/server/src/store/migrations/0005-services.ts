import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Programs that act for themselves, what each may do where, and the secrets that each proves itself by. */
export const services: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("services")
      .addColumn("id", "text", (to) => to.notNull())
      .addColumn("name", "text", (to) => to.notNull())
      .addColumn("version", "integer", (to) => to.notNull())
      .addColumn("disabled_at", "bigint")
      .addColumn("created_at", "bigint", (to) => to.notNull())
      .addPrimaryKeyConstraint("services_key", ["id"])
      .execute();
    await db.schema.createIndex("services_by_name").on("services").column("name").unique().execute();
    await db.schema
      .createTable("service_permissions")
      .addColumn("service_id", "text", (to) => to.notNull())
      .addColumn("audience", "text", (to) => to.notNull())
      .addColumn("permission", "text", (to) => to.notNull())
      .addPrimaryKeyConstraint("service_permissions_key", ["service_id", "audience", "permission"])
      .addForeignKeyConstraint("service_permissions_service_id", ["service_id"], "services", ["id"], (to) =>
        to.onDelete("cascade"),
      )
      .execute();
    await db.schema
      .createTable("service_secrets")
      .addColumn("id", "text", (to) => to.notNull())
      .addColumn("service_id", "text", (to) => to.notNull())
      .addColumn("hash", "text", (to) => to.notNull())
      .addColumn("created_at", "bigint", (to) => to.notNull())
      .addColumn("used_on", "bigint")
      .addPrimaryKeyConstraint("service_secrets_key", ["id"])
      .addForeignKeyConstraint("service_secrets_service_id", ["service_id"], "services", ["id"], (to) =>
        to.onDelete("cascade"),
      )
      .execute();
    await db.schema.createIndex("service_secrets_by_service_id").on("service_secrets").column("service_id").execute();
  },
  async down(db: Kysely<unknown>) {
    for (const table of ["service_secrets", "service_permissions", "services"]) {
      await db.schema.dropTable(table).execute();
    }
  },
};
