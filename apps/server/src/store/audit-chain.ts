import type { PublicJwk } from "@countersign/tokens";
import type { Kysely } from "kysely";
import { auditColumns, fromAuditRow, toAuditRow } from "./audit.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function auditChainQueries(db: Kysely<Schema>): Queries["auditChain"] {
  return {
    async unsealed(limit) {
      const oldest = db.selectFrom("audit_unsealed").select(auditColumns).orderBy("at").orderBy("id").limit(limit);
      return (await oldest.execute()).map(fromAuditRow);
    },
    async end() {
      const newest = db.selectFrom("audit").select(["seq", "hash"]).orderBy("seq", "desc").limit(1);
      const row = await newest.executeTakeFirst();
      return row && { seq: row.seq, hash: row.hash };
    },
    async lastSeal() {
      const row = await db.selectFrom("audit_seals").selectAll().orderBy("seq", "desc").limit(1).executeTakeFirst();
      return row && { seq: row.seq, seal: row.seal };
    },
    async extend(entries, seal) {
      const rows = entries.map(({ seq, hash, ...entry }) => ({ seq, hash, ...toAuditRow(entry) }));
      for (const some of inTwoSizes(rows)) await db.insertInto("audit").values(some).execute();
      await db.insertInto("audit_seals").values(seal).execute();
      const moved = db
        .selectFrom("audit")
        .select("id")
        .where("seq", ">", seal.seq - rows.length);
      await db.deleteFrom("audit_unsealed").where("id", "in", moved).execute();
    },
    async entries(after, limit) {
      const next = db.selectFrom("audit").selectAll().where("seq", ">", after).orderBy("seq").limit(limit);
      return (await next.execute()).map(({ seq, hash, ...row }) => ({ seq, hash, ...fromAuditRow(row) }));
    },
    async seals(from, to) {
      const some = db.selectFrom("audit_seals").selectAll().where("seq", ">=", from).where("seq", "<=", to);
      return (await some.orderBy("seq").execute()).map(({ seq, seal }) => ({ seq, seal }));
    },
    async keys() {
      const rows = await db.selectFrom("audit_keys").selectAll().orderBy("created_at", "desc").orderBy("kid").execute();
      return rows.map(({ kid, public_jwk, sealed, created_at: createdAt }) => ({
        kid,
        // Only `insertKey` writes this column; it is checked where the key is imported.
        publicJwk: JSON.parse(public_jwk) as PublicJwk,
        sealed,
        createdAt,
      }));
    },
    async insertKey({ kid, publicJwk, sealed, createdAt }) {
      const row = { kid, public_jwk: JSON.stringify(publicJwk), sealed, created_at: createdAt };
      await db.insertInto("audit_keys").values(row).execute();
    },
  };
}

/** Rows that one statement inserts: many, or one. Two statements are prepared, however many rows there are. */
const MANY = 50;

function inTwoSizes<Row>(rows: readonly Row[]): Row[][] {
  const whole = rows.length - (rows.length % MANY);
  const many = Array.from({ length: whole / MANY }, (_, at) => rows.slice(at * MANY, (at + 1) * MANY));
  return [...many, ...rows.slice(whole).map((row) => [row])];
}
