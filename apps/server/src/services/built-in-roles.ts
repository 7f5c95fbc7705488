import type { Audience, Role } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { ADMINISTRATOR } from "./administrators.ts";

/** Makes the roles that are always there, and gives administrators what a new release of the server has learnt. */
export async function ensureBuiltInRoles(store: Store, own: Audience): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.lock("administrators");
    for (const role of builtInRoles(own)) {
      const there = await tx.roles.byName(role.name);
      if (!there) await tx.roles.insert(role);
      else if (!sameRole(there, role)) await tx.roles.update(role);
    }
  });
}

function builtInRoles(own: Audience): Role[] {
  const everything = own.permissions.map((permission) => ({ audience: own.id, permission }));
  return [
    { name: ADMINISTRATOR, description: "May do everything here", builtIn: true, permissions: everything },
    { name: "member", description: "Has an account, and no other rights", builtIn: true, permissions: [] },
  ];
}

function sameRole(one: Role, other: Role): boolean {
  const text = ({ description, permissions }: Role) =>
    JSON.stringify([
      description,
      permissions.map(({ audience, permission }) => `${audience} ${permission}`).toSorted(),
    ]);
  return text(one) === text(other);
}
