import { Refusal } from "@countersign/tokens";
import type { Kysely, Selectable } from "kysely";
import { atomically } from "./atomically.ts";
import { hasChanged } from "./changed.ts";
import type { Service, ServiceSecret } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function serviceQueries(db: Kysely<Schema>): Queries["services"] {
  const find = db.selectFrom("services").selectAll();
  return {
    async insert({ disabledAt, createdAt, ...service }) {
      const row = { ...service, disabled_at: disabledAt, created_at: createdAt };
      await db.insertInto("services").values(row).execute();
    },
    async byId(id) {
      const row = await find.where("id", "=", id).executeTakeFirst();
      return row && fromRow(row);
    },
    async list() {
      return (await find.orderBy("name").execute()).map(fromRow);
    },
    async setDisabled(id, at) {
      const change = db.updateTable("services").set({ disabled_at: at }).where("id", "=", id);
      const other = change.where("disabled_at", at === null ? "is not" : "is", null);
      return hasChanged(await other.executeTakeFirstOrThrow());
    },
    async raiseVersion(id) {
      const raised = await db
        .updateTable("services")
        .set((row) => ({ version: row("version", "+", 1) }))
        .where("id", "=", id)
        .returning("version")
        .executeTakeFirst();
      if (!raised) throw new Refusal("not_found", { detail: "no service to raise the version of" });
      return raised.version;
    },
    async remove(id) {
      return hasChanged(await db.deleteFrom("services").where("id", "=", id).executeTakeFirstOrThrow());
    },
    async permissions(id) {
      const all = db.selectFrom("service_permissions").select(["audience", "permission"]).where("service_id", "=", id);
      const rows = await all.orderBy("audience").orderBy("permission").execute();
      return rows.map(({ audience, permission }) => ({ audience, permission }));
    },
    setPermissions: (id, permissions) =>
      atomically(db, async (one) => {
        await one.deleteFrom("service_permissions").where("service_id", "=", id).execute();
        if (permissions.length === 0) return;
        const rows = permissions.map(({ audience, permission }) => ({ service_id: id, audience, permission }));
        await one.insertInto("service_permissions").values(rows).execute();
      }),
    async permittedAt(audience, permissions) {
      if (permissions.length === 0) return [];
      const rows = await db
        .selectFrom("service_permissions")
        .select("service_id")
        .distinct()
        .where("audience", "=", audience)
        .where("permission", "in", permissions)
        .orderBy("service_id")
        .execute();
      return rows.map((row) => row.service_id);
    },
    async secrets(id) {
      const all = db.selectFrom("service_secrets").selectAll().where("service_id", "=", id);
      return (await all.orderBy("created_at", "desc").orderBy("id").execute()).map(fromSecretRow);
    },
    async insertSecret({ serviceId, createdAt, usedOn, ...secret }) {
      const row = { ...secret, service_id: serviceId, created_at: createdAt, used_on: usedOn };
      await db.insertInto("service_secrets").values(row).execute();
    },
    async removeSecret(id, serviceId) {
      const removal = db.deleteFrom("service_secrets").where("id", "=", id).where("service_id", "=", serviceId);
      return hasChanged(await removal.executeTakeFirstOrThrow());
    },
    async noteUse(secretId, day) {
      const change = db.updateTable("service_secrets").set({ used_on: day }).where("id", "=", secretId);
      const earlier = change.where(({ or, eb }) => or([eb("used_on", "is", null), eb("used_on", "<", day)]));
      return hasChanged(await earlier.executeTakeFirstOrThrow());
    },
  };
}

function fromRow({ disabled_at, created_at, ...row }: Selectable<Schema["services"]>): Service {
  return { ...row, disabledAt: disabled_at, createdAt: created_at };
}

function fromSecretRow({
  service_id,
  created_at,
  used_on,
  ...row
}: Selectable<Schema["service_secrets"]>): ServiceSecret {
  return { ...row, serviceId: service_id, createdAt: created_at, usedOn: used_on };
}
