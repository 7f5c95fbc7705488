import type { Audience, Role } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { ADMINISTRATOR } from "./administrators.ts";

const MEMBER = "member";

/** The issuer's own audience. */
type Own = Pick<Audience, "id" | "permissions">;

/**
 * Makes the roles that are always there, and gives administrators what a new release of the server has learnt. Needs the
 * administrators' lock.
 */
export async function ensureBuiltInRoles(tx: Transaction, own: Own): Promise<void> {
  for (const role of builtInRoles(own)) {
    const there = await tx.roles.byName(role.name);
    if (!there) await tx.roles.insert(role);
    else if (!sameRole(there, role)) await tx.roles.update(role);
  }
}

/** Whether a role of this name is always there, and nobody else's to declare. */
export function isBuiltIn(name: string): boolean {
  return name === ADMINISTRATOR || name === MEMBER;
}

function builtInRoles(own: Own): Role[] {
  const everything = own.permissions.map((permission) => ({ audience: own.id, permission }));
  return [
    { name: ADMINISTRATOR, description: "May do everything here", builtIn: true, permissions: everything },
    { name: MEMBER, description: "Has an account, and no other rights", builtIn: true, permissions: [] },
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
