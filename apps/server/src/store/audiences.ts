import type { Kysely, Selectable } from "kysely";
import { parseTexts } from "./json.ts";
import type { Audience } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function audienceQueries(db: Kysely<Schema>): Queries["audiences"] {
  const find = db.selectFrom("audiences").selectAll();
  return {
    async upsert({ id, permissions }) {
      const values = { permissions: JSON.stringify(permissions) };
      const insert = db.insertInto("audiences").values({ id, ...values });
      await insert.onConflict((on) => on.column("id").doUpdateSet(values)).execute();
    },
    async byId(id) {
      const row = await find.where("id", "=", id).executeTakeFirst();
      return row && fromRow(row);
    },
    async list() {
      return (await find.orderBy("id").execute()).map(fromRow);
    },
  };
}

function fromRow({ id, permissions }: Selectable<Schema["audiences"]>): Audience {
  return { id, permissions: parseTexts(permissions) };
}
