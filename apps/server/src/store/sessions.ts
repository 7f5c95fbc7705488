import type { Kysely } from "kysely";
import { countChanged, hasChanged } from "./changed.ts";
import { PRUNE_CHUNK, pruneAll } from "./prune.ts";
import type { Schema } from "./schema.ts";
import { sessionFromRow, sessionToRow } from "./session-row.ts";
import type { Queries } from "./store.ts";

export function sessionQueries(db: Kysely<Schema>): Queries["sessions"] {
  const find = db.selectFrom("sessions").selectAll();
  const unended = db.updateTable("sessions").where("ended_at", "is", null);
  return {
    async insert(session) {
      await db.insertInto("sessions").values(sessionToRow(session)).execute();
    },
    async byId(id) {
      const row = await find.where("id", "=", id).executeTakeFirst();
      return row && sessionFromRow(row);
    },
    async living(accountId, now) {
      const rows = await find
        .where("account_id", "=", accountId)
        .where("ended_at", "is", null)
        .where("idle_end", ">", now)
        .where("abs_end", ">", now)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .execute();
      return rows.map(sessionFromRow);
    },
    async rotate(id, from, { genAt, streak, idleEnd, secretVersion }) {
      const next = {
        gen: from + 1,
        gen_at: genAt,
        late: 0,
        streak,
        idle_end: idleEnd,
        secret_version: secretVersion,
      } as const;
      return hasChanged(await unended.set(next).where("id", "=", id).where("gen", "=", from).executeTakeFirstOrThrow());
    },
    async stepUp(id, { authTime, amr, acr }) {
      const proof = { auth_time: authTime, amr: JSON.stringify(amr), acr };
      const raise = unended.set((row) => ({ ...proof, version: row("version", "+", 1) })).where("id", "=", id);
      return (await raise.returning("version").executeTakeFirst())?.version;
    },
    async markLate(id, gen, streak) {
      const mark = unended.set({ late: 1, streak }).where("id", "=", id).where("gen", "=", gen).where("late", "=", 0);
      return hasChanged(await mark.executeTakeFirstOrThrow());
    },
    async hold(id, { gen, late, version }, at) {
      const mint = unended.set({ minted_at: at }).where("id", "=", id).where("gen", "=", gen);
      const seen = mint.where("late", "=", late ? 1 : 0).where("version", "=", version);
      return hasChanged(await seen.executeTakeFirstOrThrow());
    },
    async minters(accountIds, since) {
      if (accountIds.length === 0) return [];
      const minted = db
        .selectFrom("sessions")
        .select("account_id")
        .distinct()
        .where("account_id", "in", accountIds)
        // The latter for what instances made that do not know of the former.
        .where((row) => row.or([row("minted_at", ">=", since), row("gen_at", ">=", since)]));
      return (await minted.execute()).map((row) => row.account_id);
    },
    async end(id, at, cause) {
      const end = unended.set({ ended_at: at, end_cause: cause }).where("id", "=", id);
      return hasChanged(await end.executeTakeFirstOrThrow());
    },
    // One that has just run out is ended too: an access token of it may still be good.
    async endAll(accountId, at, cause, except) {
      const all = unended.set({ ended_at: at, end_cause: cause }).where("account_id", "=", accountId);
      const some = except === undefined ? all : all.where("id", "!=", except);
      return (await some.returning("id").execute()).map(({ id }) => id);
    },
    async endEveryone(at, cause) {
      return countChanged(await unended.set({ ended_at: at, end_cause: cause }).executeTakeFirstOrThrow());
    },
    prune(before) {
      const over = db
        .selectFrom("sessions")
        .select("id")
        .where((row) =>
          row.or([row("ended_at", "<", before), row("idle_end", "<", before), row("abs_end", "<", before)]),
        );
      const chunk = db.deleteFrom("sessions").where("id", "in", over.limit(PRUNE_CHUNK));
      return pruneAll(async () => countChanged(await chunk.executeTakeFirstOrThrow()));
    },
  };
}
