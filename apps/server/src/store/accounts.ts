import { Refusal } from "@countersign/tokens";
import type { Kysely, Selectable } from "kysely";
import { hasChanged } from "./changed.ts";
import type { Account } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function accountQueries(db: Kysely<Schema>): Queries["accounts"] {
  const find = db.selectFrom("accounts").selectAll();
  return {
    async insert(account) {
      await db.insertInto("accounts").values(toRow(account)).execute();
    },
    async byId(id) {
      const row = await find.where("id", "=", id).executeTakeFirst();
      return row && fromRow(row);
    },
    async byEmail(email) {
      const row = await find.where("email", "=", email).executeTakeFirst();
      return row && fromRow(row);
    },
    async list({ limit, after }) {
      const rest = after === undefined ? find : find.where("id", ">", after);
      return (await rest.orderBy("id").limit(limit).execute()).map(fromRow);
    },
    async setPassword(id, passwordHash) {
      const change = db.updateTable("accounts").set({ password_hash: passwordHash }).where("id", "=", id);
      return hasChanged(await change.executeTakeFirstOrThrow());
    },
    async claim(id, at) {
      const change = db.updateTable("accounts").set({ email_proved_at: at, password_hash: null });
      const due = change.where("id", "=", id).where("email_proved_at", "is", null);
      return hasChanged(await due.executeTakeFirstOrThrow());
    },
    async setDisabled(id, at) {
      const change = db.updateTable("accounts").set({ disabled_at: at }).where("id", "=", id);
      const due = change.where("disabled_at", at === null ? "is not" : "is", null);
      return hasChanged(await due.executeTakeFirstOrThrow());
    },
    async raiseVersion(id) {
      const raised = await db
        .updateTable("accounts")
        .set((row) => ({ version: row("version", "+", 1) }))
        .where("id", "=", id)
        .returning("version")
        .executeTakeFirst();
      if (!raised) throw new Refusal("not_found", { detail: "no account to raise the version of" });
      return raised.version;
    },
    async raiseVersions(ids) {
      if (ids.length === 0) return [];
      const raise = db.updateTable("accounts").set((row) => ({ version: row("version", "+", 1) }));
      return await raise.where("id", "in", ids).returning(["id", "version"]).execute();
    },
    async remove(id) {
      return hasChanged(await db.deleteFrom("accounts").where("id", "=", id).executeTakeFirstOrThrow());
    },
  };
}

type Row = Selectable<Schema["accounts"]>;

function toRow(account: Account): Row {
  return {
    id: account.id,
    email: account.email,
    name: account.name,
    password_hash: account.passwordHash,
    version: account.version,
    disabled_at: account.disabledAt,
    created_at: account.createdAt,
    email_proved_at: account.emailProvedAt,
  };
}

function fromRow(row: Row): Account {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    passwordHash: row.password_hash,
    version: row.version,
    disabledAt: row.disabled_at,
    createdAt: row.created_at,
    emailProvedAt: row.email_proved_at,
  };
}
