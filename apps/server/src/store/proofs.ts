import type { Kysely } from "kysely";
import { countChanged } from "./changed.ts";
import { PRUNE_CHUNK, pruneAll } from "./prune.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function proofQueries(db: Kysely<Schema>): Queries["proofs"] {
  return {
    async use(key, until) {
      const insert = db.insertInto("used_proofs").values({ key, until });
      const { numInsertedOrUpdatedRows } = await insert
        .onConflict((on) => on.column("key").doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    prune(before) {
      const over = db.selectFrom("used_proofs").select("key").where("until", "<", before);
      const chunk = db.deleteFrom("used_proofs").where("key", "in", over.limit(PRUNE_CHUNK));
      return pruneAll(async () => countChanged(await chunk.executeTakeFirstOrThrow()));
    },
  };
}
