import { Refusal } from "@countersign/tokens";
import type { Kysely, Selectable } from "kysely";
import { parseTable, parseTexts } from "./json.ts";
import type { Audience } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function audienceQueries(db: Kysely<Schema>): Queries["audiences"] {
  const find = db.selectFrom("audiences").selectAll();
  return {
    async upsert({ id, permissions, procedures, boundTokens }) {
      const values = {
        permissions: JSON.stringify(permissions),
        procedures: procedures && JSON.stringify(procedures),
        bound_tokens: boundTokens ? 1 : 0,
      } as const;
      const insert = db.insertInto("audiences").values({ id, ...values, version: 0 });
      await insert.onConflict((on) => on.column("id").doUpdateSet(values)).execute();
    },
    async byId(id) {
      const row = await find.where("id", "=", id).executeTakeFirst();
      return row && fromRow(row);
    },
    async raiseVersion(id) {
      const raised = await db
        .updateTable("audiences")
        .set((row) => ({ version: row("version", "+", 1) }))
        .where("id", "=", id)
        .returning("version")
        .executeTakeFirst();
      if (!raised) throw new Refusal("not_found", { detail: "no audience to raise the version of" });
      return raised.version;
    },
    async list() {
      return (await find.orderBy("id").execute()).map(fromRow);
    },
  };
}

function fromRow(row: Selectable<Schema["audiences"]>): Audience {
  return {
    id: row.id,
    permissions: parseTexts(row.permissions),
    procedures: row.procedures === null ? null : parseTable(row.procedures),
    boundTokens: row.bound_tokens === 1,
    version: row.version,
  };
}
