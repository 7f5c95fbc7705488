import { type Kysely, type Selectable, sql } from "kysely";
import type { AuditEntry } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function auditQueries(db: Kysely<Schema>): Queries["audit"] {
  return {
    async append({ id, at, event, outcome, actor, subject, session, address, detail }) {
      const row = { id, at, event, outcome, actor, subject, session, address, detail: JSON.stringify(detail) };
      await db.insertInto("audit").values(row).execute();
    },
    async list({ limit, after, event }) {
      let entries = db.selectFrom("audit").selectAll();
      if (event !== undefined) entries = entries.where("event", "=", event);
      // What stands after an entry, by time and then by id. An entry that is not there has nothing after it.
      if (after !== undefined) {
        entries = entries.where(sql<boolean>`(at, id) < (select at, id from audit where id = ${after})`);
      }
      return (await entries.orderBy("at", "desc").orderBy("id", "desc").limit(limit).execute()).map(fromRow);
    },
  };
}

function fromRow(row: Selectable<Schema["audit"]>): AuditEntry {
  // Only `append` writes this column, so its shape is not checked.
  return { ...row, detail: JSON.parse(row.detail) as AuditEntry["detail"] };
}
