import { isDeepStrictEqual } from "node:util";
import type { AccessDeclaration, AccessTable } from "@countersign/tokens";
import type { Audience, Role, RoleDeclaration } from "../../store/records.ts";

/** What the issuer knows already, of the declared API and of all roles. */
export interface Known {
  readonly audience: Pick<Audience, "permissions" | "procedures" | "boundTokens"> | undefined;
  readonly roles: readonly Role[];
  readonly declarations: readonly RoleDeclaration[];
}

/** What a declaration means for one role. Permissions are those of the declared API. */
export interface RolePlan {
  /** As it is, or as it begins. */
  readonly role: Role;
  readonly isNew: boolean;
  readonly adds: readonly string[];
  /** Whether this API has not declared it before. */
  readonly declares: boolean;
  /** What it holds at this API beyond the declaration. */
  readonly undeclared: readonly string[];
  /** Whether this API declared it once and does so no more. */
  readonly isDropped: boolean;
  /** Whether nothing is left of it without what is undeclared, and no other API declares it. */
  readonly isEmptied: boolean;
}

/** What is to be done to have what is declared, and what is there beyond it. */
export interface AccessPlan {
  readonly audience: string;
  /** Whether the API was not known. */
  readonly registers: boolean;
  /** Its permissions as they are now. */
  readonly permissions: readonly string[];
  readonly adds: readonly string[];
  readonly undeclared: readonly string[];
  /** Its access table as it will be; what is left out of a declaration stays. */
  readonly procedures: AccessTable | null;
  /** Whether that is another one than before. */
  readonly tells: boolean;
  /** Whether its tokens will be bound to keys; what is left out of a declaration stays. */
  readonly boundTokens: boolean;
  /** Whether they were not, or were and will not be. */
  readonly rebinds: boolean;
  /** Those that something happens to. */
  readonly roles: readonly RolePlan[];
}

/**
 * Compares a declaration with what is known. Permissions of other APIs are nobody's business here, in any role: neither
 * added nor undeclared. Built-in roles are not declared, which is for the caller to check.
 */
export function planAccess(declaration: AccessDeclaration, { audience, roles, declarations }: Known): AccessPlan {
  const { procedures: told } = declaration;
  const wereBound = audience?.boundTokens ?? false;
  const boundTokens = declaration.boundTokens ?? wereBound;
  const before = audience?.permissions ?? [];
  const undeclared = without(before, declaration.permissions);
  const declared = new Map(Object.entries(declaration.roles ?? {}));
  const isDeclaredBy = (id: string, name: string) =>
    declarations.some((one) => one.role === name && one.audience === id);

  const planRole = (role: Role, isNew: boolean): RolePlan => {
    const here = role.permissions.filter((one) => one.audience === declaration.audience).map((one) => one.permission);
    const wanted = declared.get(role.name)?.permissions;
    const byThis = isDeclaredBy(declaration.audience, role.name);
    const isDropped = byThis && !wanted;
    // A role that people made keeps what it holds here as long as the API knows it.
    const keeps = wanted ?? (isDropped ? [] : without(here, undeclared));
    const beyond = without(here, keeps);
    const byOthers = declarations.some((one) => one.role === role.name && one.audience !== declaration.audience);
    return {
      role,
      isNew,
      adds: without(wanted ?? [], here),
      declares: wanted !== undefined && !byThis,
      undeclared: beyond,
      isDropped,
      isEmptied: isDropped && !byOthers && role.permissions.length === beyond.length,
    };
  };

  const names = new Set(roles.map(({ name }) => name));
  const fresh = [...declared]
    .filter(([name]) => !names.has(name))
    .map(([name, { description = "" }]): Role => ({ name, description, builtIn: false, permissions: [] }));
  return {
    audience: declaration.audience,
    registers: audience === undefined,
    permissions: before,
    adds: without(declaration.permissions, before),
    undeclared,
    procedures: told ?? audience?.procedures ?? null,
    boundTokens,
    rebinds: boundTokens !== wereBound,
    tells: told !== undefined && !isDeepStrictEqual(told, audience?.procedures),
    roles: [...roles.map((role) => planRole(role, false)), ...fresh.map((role) => planRole(role, true))].filter(
      (plan) => plan.isNew || plan.adds.length > 0 || plan.declares || plan.undeclared.length > 0 || plan.isDropped,
    ),
  };
}

function without(all: readonly string[], others: readonly string[]): string[] {
  const taken = new Set(others);
  return all.filter((one) => !taken.has(one));
}
