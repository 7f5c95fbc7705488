import type { Kysely } from "kysely";
import { hasChanged } from "./changed.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function refreshSecretQueries(db: Kysely<Schema>): Queries["refreshSecrets"] {
  return {
    async list() {
      const rows = await db.selectFrom("refresh_secrets").selectAll().orderBy("version").execute();
      return rows.map(({ version, sealed, created_at }) => ({ version, sealed, createdAt: created_at }));
    },
    async insert({ version, sealed, createdAt }) {
      const insert = db.insertInto("refresh_secrets").values({ version, sealed, created_at: createdAt });
      return hasChanged(await insert.onConflict((on) => on.doNothing()).executeTakeFirstOrThrow());
    },
  };
}
