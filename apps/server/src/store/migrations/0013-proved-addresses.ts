import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Since when it is known that an account's address is its owner's. Of accounts that were there before it is not: who proves the
 * address of one takes it over.
 */
export const provedAddresses: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("accounts").addColumn("email_proved_at", "bigint").execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.alterTable("accounts").dropColumn("email_proved_at").execute();
  },
};
