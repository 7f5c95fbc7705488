import { type Kysely, sql } from "kysely";
import { atomically } from "./atomically.ts";
import { countChanged } from "./changed.ts";
import { PRUNE_CHUNK, pruneAll } from "./prune.ts";
import type { Schema } from "./schema.ts";
import type { Counter, Queries } from "./store.ts";

export function attemptQueries(db: Kysely<Schema>): Queries["attempts"] {
  return {
    count: (counters, now) =>
      atomically(db, async (one) => {
        const counts: number[] = [];
        for (const counter of counters) {
          const count = await addOne(one, counter, now);
          counts.push(count);
          if (count > counter.most) break;
        }
        return counts;
      }),
    async clear(key) {
      await db.deleteFrom("attempts").where("key", "=", key).execute();
    },
    async remember(key, until) {
      const values = { key, ends_at: until, count: 0 };
      const insert = db.insertInto("attempts").values(values);
      await insert.onConflict((on) => on.column("key").doUpdateSet(values)).execute();
    },
    async remembers(key, now) {
      const found = db.selectFrom("attempts").select("key").where("key", "=", key).where("ends_at", ">", now);
      return (await found.executeTakeFirst()) !== undefined;
    },
    prune(before) {
      const over = db.selectFrom("attempts").select("key").where("ends_at", "<", before);
      const chunk = db.deleteFrom("attempts").where("key", "in", over.limit(PRUNE_CHUNK));
      return pruneAll(async () => countChanged(await chunk.executeTakeFirstOrThrow()));
    },
  };
}

/** Windows stand on the clock (0, 1, 2 … times their length), so instances agree on them without asking. */
async function addOne(db: Kysely<Schema>, { key, windowMs }: Counter, now: number): Promise<number> {
  const endsAt = (Math.floor(now / windowMs) + 1) * windowMs;
  const { count } = await db
    .insertInto("attempts")
    .values({ key, ends_at: endsAt, count: 1 })
    .onConflict((on) =>
      on.column("key").doUpdateSet({
        // A late attempt of the last window counts in this one: it never starts anew.
        count: sql`case when excluded.ends_at > attempts.ends_at then 1 else attempts.count + 1 end`,
        ends_at: sql`case when excluded.ends_at > attempts.ends_at then excluded.ends_at else attempts.ends_at end`,
      }),
    )
    .returning("count")
    .executeTakeFirstOrThrow();
  return count;
}
