import type { Kysely } from "kysely";
import { hasChanged } from "./changed.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function mailQueries(db: Kysely<Schema>): Queries["mails"] {
  const change = db.updateTable("mails");
  return {
    async insert({ dueAt, createdAt, ...mail }) {
      await db
        .insertInto("mails")
        .values({ ...mail, due_at: dueAt, created_at: createdAt })
        .execute();
    },
    async due(now, most) {
      const all = db.selectFrom("mails").selectAll().where("due_at", "<=", now);
      const rows = await all.orderBy("due_at").orderBy("id").limit(most).execute();
      return rows.map(({ due_at: dueAt, created_at: createdAt, ...mail }) => ({ ...mail, dueAt, createdAt }));
    },
    async claim({ id, attempts, dueAt }, until) {
      const same = change.where("id", "=", id).where("attempts", "=", attempts).where("due_at", "=", dueAt);
      return hasChanged(await same.set({ attempts: attempts + 1, due_at: until }).executeTakeFirstOrThrow());
    },
    async putOff(id, until) {
      return hasChanged(await change.set({ due_at: until }).where("id", "=", id).executeTakeFirstOrThrow());
    },
    async remove(id) {
      return hasChanged(await db.deleteFrom("mails").where("id", "=", id).executeTakeFirstOrThrow());
    },
  };
}
