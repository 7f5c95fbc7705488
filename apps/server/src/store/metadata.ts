import type { Kysely } from "kysely";
import { parseObject } from "./json.ts";
import type { Metadata } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function metadataQueries(db: Kysely<Schema>): Queries["metadata"] {
  return {
    async read(accountId) {
      const find = db.selectFrom("account_metadata").selectAll().where("account_id", "=", accountId);
      const row = await find.executeTakeFirst();
      return row && { public: parseObject(row.public), private: parseObject(row.private) };
    },
    async put(accountId, parts) {
      const given = toColumns(parts);
      if (Object.keys(given).length === 0) return;
      await db
        .insertInto("account_metadata")
        .values({ account_id: accountId, public: "{}", private: "{}", ...given })
        .onConflict((on) => on.column("account_id").doUpdateSet(given))
        .execute();
    },
  };
}

function toColumns(parts: Partial<Metadata>): { public?: string; private?: string } {
  return {
    ...(parts.public && { public: JSON.stringify(parts.public) }),
    ...(parts.private && { private: JSON.stringify(parts.private) }),
  };
}
