import type { Kysely } from "kysely";
import { hasChanged } from "./changed.ts";
import type { SealedText } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

/** Every table that holds sealed texts, and the column that names its rows. The column of the texts is `sealed` in all. */
export const sealedTables = {
  signing_keys: "kid",
  refresh_secrets: "version",
  audit_keys: "kid",
  mails: "id",
} as const satisfies {
  readonly [Table in keyof Schema as Schema[Table] extends { sealed: string } ? Table : never]: keyof Schema[Table];
};

export type SealedTable = keyof typeof sealedTables;

type Names = (typeof sealedTables)[SealedTable];
/** What these tables have in common. */
type Sealed = Record<SealedTable, Record<Names | "sealed", string>>;

export function sealedQueries(db: Kysely<Schema>): Queries["sealed"] {
  // Of the columns in the type each table has the two that are asked for.
  const tables = db as unknown as Kysely<Sealed>;
  return {
    async list() {
      const texts: SealedText[] = [];
      for (const table of Object.keys(sealedTables) as SealedTable[]) {
        const name = sealedTables[table];
        const rows = await tables.selectFrom(table).select([name, "sealed"]).execute();
        for (const { sealed, ...row } of rows) {
          texts.push({ place: { table, row: String(row[name]), column: "sealed" }, sealed });
        }
      }
      return texts;
    },
    async replace({ place: { table, row }, sealed: former }, sealed) {
      const update = tables.updateTable(table).set({ sealed }).where("sealed", "=", former);
      return hasChanged(await update.where(sealedTables[table], "=", row).executeTakeFirstOrThrow());
    },
    async clear(table) {
      await tables.deleteFrom(table).execute();
    },
  };
}
