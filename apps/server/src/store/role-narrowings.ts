import type { Kysely, Selectable } from "kysely";
import { parseTexts } from "./json.ts";
import type { RoleNarrowing } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function roleNarrowingQueries(db: Kysely<Schema>): Queries["roleNarrowings"] {
  return {
    async insert(narrowing) {
      await db.insertInto("role_narrowings").values(toRow(narrowing)).execute();
    },
    async oldest() {
      const all = db.selectFrom("role_narrowings").selectAll().orderBy("created_at").orderBy("id");
      const row = await all.limit(1).executeTakeFirst();
      return row && fromRow(row);
    },
    async update(narrowing) {
      await db.updateTable("role_narrowings").set(toRow(narrowing)).where("id", "=", narrowing.id).execute();
    },
    async remove(id) {
      await db.deleteFrom("role_narrowings").where("id", "=", id).execute();
    },
  };
}

type Row = Selectable<Schema["role_narrowings"]>;

function toRow({ mintedSince, createdAt, ...narrowing }: RoleNarrowing): Row {
  return {
    ...narrowing,
    audiences: JSON.stringify(narrowing.audiences),
    removes: narrowing.removes ? 1 : 0,
    minted_since: mintedSince,
    created_at: createdAt,
  };
}

function fromRow({ minted_since: mintedSince, created_at: createdAt, ...row }: Row): RoleNarrowing {
  return { ...row, audiences: parseTexts(row.audiences), removes: row.removes === 1, mintedSince, createdAt };
}
