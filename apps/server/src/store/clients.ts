import type { Kysely, Selectable } from "kysely";
import { parseTexts } from "./json.ts";
import type { Client } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function clientQueries(db: Kysely<Schema>): Queries["clients"] {
  const find = db.selectFrom("clients").selectAll();
  return {
    async upsert({ id, name, mode, origins, audiences }) {
      const values = { name, mode, origins: JSON.stringify(origins), audiences: JSON.stringify(audiences) };
      const insert = db.insertInto("clients").values({ id, ...values });
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

function fromRow({ id, name, mode, origins, audiences }: Selectable<Schema["clients"]>): Client {
  return { id, name, mode, origins: parseTexts(origins), audiences: parseTexts(audiences) };
}
