import type { Kysely, Selectable } from "kysely";
import { parseTable, parseTexts } from "./json.ts";
import type { Audience } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function audienceQueries(db: Kysely<Schema>): Queries["audiences"] {
  const find = db.selectFrom("audiences").selectAll();
  return {
    async upsert({ id, permissions, procedures }) {
      const values = {
        permissions: JSON.stringify(permissions),
        procedures: procedures && JSON.stringify(procedures),
      };
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

function fromRow({ id, permissions, procedures }: Selectable<Schema["audiences"]>): Audience {
  return { id, permissions: parseTexts(permissions), procedures: procedures === null ? null : parseTable(procedures) };
}
