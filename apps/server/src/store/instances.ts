import type { Kysely } from "kysely";
import { countChanged } from "./changed.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function instanceQueries(db: Kysely<Schema>): Queries["instances"] {
  return {
    async put({ id, masterKeyId, seenAt }) {
      const row = { master_key_id: masterKeyId, seen_at: seenAt };
      const insert = db.insertInto("instances").values({ id, ...row });
      await insert.onConflict((on) => on.column("id").doUpdateSet(row)).execute();
    },
    async remove(id) {
      await db.deleteFrom("instances").where("id", "=", id).execute();
    },
    async since(moment) {
      const rows = await db.selectFrom("instances").selectAll().where("seen_at", ">", moment).execute();
      return rows.map(({ id, master_key_id: masterKeyId, seen_at: seenAt }) => ({ id, masterKeyId, seenAt }));
    },
    async prune(before) {
      return countChanged(await db.deleteFrom("instances").where("seen_at", "<", before).executeTakeFirstOrThrow());
    },
  };
}
