import type { Kysely } from "kysely";
import { hasChanged } from "./changed.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function installationQueries(db: Kysely<Schema>): Queries["installation"] {
  return {
    async read() {
      const row = await db.selectFrom("installation").selectAll().executeTakeFirst();
      return (
        row && {
          epoch: row.epoch,
          masterKeyId: row.master_key_id,
          feedIncarnation: row.feed_incarnation,
          keyAlgorithm: row.key_algorithm,
        }
      );
    },
    async create({ epoch, masterKeyId, feedIncarnation, keyAlgorithm }) {
      return hasChanged(
        await db
          .insertInto("installation")
          .values({
            id: 1,
            epoch,
            master_key_id: masterKeyId,
            feed_incarnation: feedIncarnation,
            key_algorithm: keyAlgorithm,
          })
          .onConflict((on) => on.doNothing())
          .executeTakeFirstOrThrow(),
      );
    },
    async update({ epoch, masterKeyId, feedIncarnation, keyAlgorithm }) {
      const change = {
        ...(epoch !== undefined && { epoch }),
        ...(masterKeyId !== undefined && { master_key_id: masterKeyId }),
        ...(feedIncarnation !== undefined && { feed_incarnation: feedIncarnation }),
        ...(keyAlgorithm !== undefined && { key_algorithm: keyAlgorithm }),
      };
      await db.updateTable("installation").set(change).execute();
    },
  };
}
