import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** What an installation keeps of accounts, and the mails that are to be sent. */
export const metadataAndMails: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("account_metadata")
      .addColumn("account_id", "text", (to) => to.notNull())
      .addColumn("public", "text", (to) => to.notNull())
      .addColumn("private", "text", (to) => to.notNull())
      .addPrimaryKeyConstraint("account_metadata_key", ["account_id"])
      .addForeignKeyConstraint("account_metadata_account_id", ["account_id"], "accounts", ["id"], (to) =>
        to.onDelete("cascade"),
      )
      .execute();
    await db.schema
      .createTable("mails")
      .addColumn("id", "text", (to) => to.notNull())
      .addColumn("kind", "text", (to) => to.notNull())
      .addColumn("subject", "text", (to) => to.notNull())
      .addColumn("sealed", "text", (to) => to.notNull())
      .addColumn("attempts", "integer", (to) => to.notNull())
      .addColumn("due_at", "bigint", (to) => to.notNull())
      .addColumn("created_at", "bigint", (to) => to.notNull())
      .addPrimaryKeyConstraint("mails_key", ["id"])
      .execute();
    await db.schema.createIndex("mails_by_due_at").on("mails").column("due_at").execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("mails").execute();
    await db.schema.dropTable("account_metadata").execute();
  },
};
