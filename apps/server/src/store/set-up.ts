import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function setUpQueries(db: Kysely<Schema>): Queries["setUp"] {
  return {
    async put(hash, expiresAt) {
      const link = { hash, expires_at: expiresAt };
      const insert = db.insertInto("set_up").values({ id: 1, ...link });
      await insert.onConflict((on) => on.column("id").doUpdateSet(link)).execute();
    },
    async read() {
      const row = await db.selectFrom("set_up").selectAll().executeTakeFirst();
      return row && { hash: row.hash, expiresAt: row.expires_at };
    },
    async take(hash) {
      const taken = db.deleteFrom("set_up").where("hash", "=", hash).returning("expires_at");
      const row = await taken.executeTakeFirst();
      return row && { expiresAt: row.expires_at };
    },
  };
}
