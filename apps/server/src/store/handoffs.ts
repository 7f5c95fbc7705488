import type { Kysely } from "kysely";
import { countChanged } from "./changed.ts";
import { parseTexts } from "./json.ts";
import { PRUNE_CHUNK, pruneAll } from "./prune.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function handoffQueries(db: Kysely<Schema>): Queries["handoffs"] {
  return {
    async insert(handoff) {
      const row = {
        hash: handoff.hash,
        account_id: handoff.accountId,
        client_id: handoff.clientId,
        origin: handoff.origin,
        jkt: handoff.jkt,
        amr: JSON.stringify(handoff.amr),
        acr: handoff.acr,
        auth_time: handoff.authTime,
        expires_at: handoff.expiresAt,
      };
      await db.insertInto("handoffs").values(row).execute();
    },
    async take(hash) {
      const row = await db.deleteFrom("handoffs").where("hash", "=", hash).returningAll().executeTakeFirst();
      return (
        row && {
          hash: row.hash,
          accountId: row.account_id,
          clientId: row.client_id,
          origin: row.origin,
          jkt: row.jkt,
          amr: parseTexts(row.amr),
          acr: row.acr,
          authTime: row.auth_time,
          expiresAt: row.expires_at,
        }
      );
    },
    prune(before) {
      const over = db.selectFrom("handoffs").select("hash").where("expires_at", "<", before);
      const chunk = db.deleteFrom("handoffs").where("hash", "in", over.limit(PRUNE_CHUNK));
      return pruneAll(async () => countChanged(await chunk.executeTakeFirstOrThrow()));
    },
  };
}
