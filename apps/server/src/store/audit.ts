import { type Kysely, type Selectable, sql } from "kysely";
import type { AuditEntry } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { AuditFilter, Page, Queries } from "./store.ts";

/** What an entry says, wherever it stands. */
export const auditColumns = [
  "id",
  "at",
  "event",
  "outcome",
  "actor",
  "subject",
  "session",
  "address",
  "detail",
] as const;

export function auditQueries(db: Kysely<Schema>): Queries["audit"] {
  return {
    async append(entry) {
      await db.insertInto("audit_unsealed").values(toAuditRow(entry)).execute();
    },
    async list(page) {
      // Each of the two by its indexes, and no more of it than the page may need.
      const unsealed = pageOf(db, "audit_unsealed", page).select(sql<number | null>`cast(null as bigint)`.as("seq"));
      const sealed = pageOf(db, "audit", page).select("audit.seq");
      const both = db
        .selectFrom(unsealed.as("unsealed"))
        .selectAll()
        .unionAll(db.selectFrom(sealed.as("sealed")).selectAll());
      const rows = await both.orderBy("at", "desc").orderBy("id", "desc").limit(page.limit).execute();
      return rows.map(({ seq, ...row }) => ({ ...fromAuditRow(row), seq }));
    },
  };
}

function pageOf<Table extends "audit" | "audit_unsealed">(
  db: Kysely<Schema>,
  table: Table,
  { limit, after, event, from, to, ...exact }: Page & AuditFilter,
) {
  // Both tables have these columns, and Kysely's types do not see it of either.
  let entries = db.selectFrom(table as "audit").select(auditColumns);
  for (const column of ["outcome", "actor", "subject", "session", "address"] as const) {
    const value = exact[column];
    if (value !== undefined) entries = entries.where(column, "=", value);
  }
  if (event !== undefined) entries = entries.where("event", "in", typeof event === "string" ? [event] : event);
  if (from !== undefined) entries = entries.where("at", ">=", from);
  if (to !== undefined) entries = entries.where("at", "<", to);
  // What stands after an entry, by time and then by id. An entry that is not there has nothing after it.
  if (after !== undefined) {
    const find = (table: "audit" | "audit_unsealed") =>
      db
        .selectFrom(table as "audit")
        .select(["at", "id"])
        .where("id", "=", after);
    const last = find("audit_unsealed").unionAll(find("audit"));
    entries = entries.where((row) => row(row.refTuple("at", "id"), "<", last.$asTuple("at", "id")));
  }
  return entries.orderBy("at", "desc").orderBy("id", "desc").limit(limit);
}

export function toAuditRow({ id, at, event, outcome, actor, subject, session, address, detail }: AuditEntry) {
  return { id, at, event, outcome, actor, subject, session, address, detail: JSON.stringify(detail) };
}

export function fromAuditRow(row: Selectable<Schema["audit_unsealed"]>): AuditEntry {
  // Only `append` writes this column, so its shape is not checked.
  return { ...row, detail: JSON.parse(row.detail) as AuditEntry["detail"] };
}
