import { type Kysely, sql } from "kysely";
import { atomically } from "./atomically.ts";
import { hasChanged } from "./changed.ts";
import type { Grantable, Role } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function roleQueries(db: Kysely<Schema>): Queries["roles"] {
  const find = db
    .selectFrom("roles")
    .leftJoin("role_permissions", "role_permissions.role", "roles.name")
    .where("removed_at", "is", null)
    .select(["name", "description", "built_in", "audience", "permission"])
    .orderBy("name")
    .orderBy("audience")
    .orderBy("permission");
  const grants = db.selectFrom("role_grants").where("org", "is", null);
  return {
    async list() {
      return collect(await find.execute());
    },
    async byName(name) {
      return collect(await find.where("name", "=", name).execute())[0];
    },
    insert(role) {
      const built_in = role.builtIn ? 1 : 0;
      const row = { name: role.name, description: role.description, built_in, removed_at: null } as const;
      return atomically(db, async (one) => {
        await one.insertInto("roles").values(row).execute();
        await insertPermissions(one, role);
      });
    },
    update(role) {
      return atomically(db, async (one) => {
        const change = one.updateTable("roles").set({ description: role.description }).where("name", "=", role.name);
        if (!hasChanged(await change.where("removed_at", "is", null).executeTakeFirstOrThrow())) return false;
        await one.deleteFrom("role_permissions").where("role", "=", role.name).execute();
        await insertPermissions(one, role);
        return true;
      });
    },
    async remove(name) {
      return hasChanged(await db.deleteFrom("roles").where("name", "=", name).executeTakeFirstOrThrow());
    },
    retire(name, at) {
      return atomically(db, async (one) => {
        const retire = one.updateTable("roles").set({ removed_at: at }).where("name", "=", name);
        if (!hasChanged(await retire.where("removed_at", "is", null).executeTakeFirstOrThrow())) return false;
        await one.deleteFrom("role_permissions").where("role", "=", name).execute();
        await one.deleteFrom("role_declarations").where("role", "=", name).execute();
        return true;
      });
    },
    async grant(accountId, role) {
      const grant = db.insertInto("role_grants").values({ account_id: accountId, role, org: null });
      return hasChanged(await grant.onConflict((on) => on.doNothing()).executeTakeFirstOrThrow());
    },
    async revoke(accountId, role) {
      const revoke = db.deleteFrom("role_grants").where("account_id", "=", accountId).where("role", "=", role);
      return hasChanged(await revoke.where("org", "is", null).executeTakeFirstOrThrow());
    },
    async ofAccount(accountId) {
      const held = grants.innerJoin("roles", "roles.name", "role_grants.role").where("removed_at", "is", null);
      const rows = await held.select("role").where("account_id", "=", accountId).orderBy("role").execute();
      return rows.map(({ role }) => role);
    },
    async holders(role, { limit, after = "" }) {
      const some = grants.select("account_id").where("role", "=", role).where("account_id", ">", after);
      return (await some.orderBy("account_id").limit(limit).execute()).map((row) => row.account_id);
    },
    async countHolders(roles) {
      if (roles.length === 0) return 0;
      // A role is held once by an account, and counting without comparing takes a tenth of the time.
      const accounts = roles.length === 1 ? sql<number>`count(*)` : sql<number>`count(distinct account_id)`;
      const counting = grants.where("role", "in", roles).select(accounts.as("holders"));
      return (await counting.executeTakeFirstOrThrow()).holders;
    },
    async revokeAll(accountIds, role) {
      if (accountIds.length === 0) return;
      await db.deleteFrom("role_grants").where("role", "=", role).where("account_id", "in", accountIds).execute();
    },
    async enabledHolders(role) {
      const { holders } = await grants
        .innerJoin("accounts", "accounts.id", "role_grants.account_id")
        .where("role", "=", role)
        .where("disabled_at", "is", null)
        .select(sql<number>`count(*)`.as("holders"))
        .executeTakeFirstOrThrow();
      return holders;
    },
    async grantedTo(accountId) {
      const rows = await grants
        .innerJoin("role_permissions", "role_permissions.role", "role_grants.role")
        .where("account_id", "=", accountId)
        .select(["audience", "permission"])
        .distinct()
        .orderBy("audience")
        .orderBy("permission")
        .execute();
      return rows.map(({ audience, permission }) => ({ audience, permission }));
    },
    async declarations() {
      const rows = await db.selectFrom("role_declarations").selectAll().orderBy("audience").orderBy("role").execute();
      return rows.map(({ role, audience }) => ({ role, audience }));
    },
    async declare({ role, audience }) {
      const declare = db.insertInto("role_declarations").values({ role, audience });
      return hasChanged(await declare.onConflict((on) => on.doNothing()).executeTakeFirstOrThrow());
    },
    async undeclare({ role, audience }) {
      const undeclare = db.deleteFrom("role_declarations").where("role", "=", role).where("audience", "=", audience);
      return hasChanged(await undeclare.executeTakeFirstOrThrow());
    },
  };
}

async function insertPermissions(db: Kysely<Schema>, { name, permissions }: Role): Promise<void> {
  if (permissions.length === 0) return;
  const rows = permissions.map(({ audience, permission }) => ({ role: name, audience, permission }));
  await db.insertInto("role_permissions").values(rows).execute();
}

interface Joined {
  name: string;
  description: string;
  built_in: 0 | 1;
  audience: string | null;
  permission: string | null;
}

/** One role out of all its rows, which stand together. A role without permissions is one row without any. */
function collect(rows: readonly Joined[]): Role[] {
  const roles = new Map<string, Role & { permissions: Grantable[] }>();
  for (const { name, description, built_in, audience, permission } of rows) {
    const role = roles.get(name) ?? { name, description, builtIn: built_in === 1, permissions: [] };
    if (audience !== null && permission !== null) role.permissions.push({ audience, permission });
    roles.set(name, role);
  }
  return [...roles.values()];
}
