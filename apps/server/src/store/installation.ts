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
    async setFeedIncarnation(incarnation) {
      await db.updateTable("installation").set({ feed_incarnation: incarnation }).execute();
    },
    async setKeyAlgorithm(algorithm) {
      await db.updateTable("installation").set({ key_algorithm: algorithm }).execute();
    },
  };
}
