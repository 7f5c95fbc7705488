import type { Kysely } from "kysely";
import { hasChanged } from "./changed.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function installationQueries(db: Kysely<Schema>): Queries["installation"] {
  return {
    async read() {
      const row = await db.selectFrom("installation").selectAll().executeTakeFirst();
      return row && { epoch: row.epoch, masterKeyId: row.master_key_id };
    },
    async create({ epoch, masterKeyId }) {
      return hasChanged(
        await db
          .insertInto("installation")
          .values({ id: 1, epoch, master_key_id: masterKeyId })
          .onConflict((on) => on.doNothing())
          .executeTakeFirstOrThrow(),
      );
    },
  };
}
