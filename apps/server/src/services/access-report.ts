import { createHash } from "node:crypto";
import type { Queries } from "../store/store.ts";
import type { AccessPlan, RolePlan } from "./access-plan.ts";

/** So many e-mail addresses are named of those who are affected. */
const NAMED = 10;

/** What a push did, or would do. `accounts` counts who holds the roles that are meant, disabled ones too. */
export interface AccessReport {
  readonly audience: string;
  /** Names exactly this change: a push that is given it does this one or none. */
  readonly plan: string;
  readonly added: {
    /** Whether the API was not known before. */
    readonly audience: boolean;
    readonly permissions: readonly string[];
    /** Whether its access table is another one than before. */
    readonly procedures: boolean;
    readonly roles: readonly {
      readonly name: string;
      readonly isNew: boolean;
      readonly permissions: readonly string[];
      readonly accounts: number;
    }[];
  };
  /** What the issuer knew beyond the declaration. */
  readonly undeclared: {
    readonly permissions: readonly {
      readonly permission: string;
      readonly roles: readonly string[];
      readonly accounts: number;
    }[];
    readonly roles: readonly {
      readonly name: string;
      /** Whether nothing is left of it. */
      readonly goes: boolean;
      readonly permissions: readonly string[];
      readonly accounts: number;
    }[];
    /** How many hold any of these roles. */
    readonly accounts: number;
    /** Some of theirs, for who may see them. */
    readonly emails: readonly string[];
  };
}

/** Ids of the holders by role, of every role that the plan touches. */
export type Holders = ReadonlyMap<string, readonly string[]>;

export async function holdersOf(queries: Queries, { roles }: AccessPlan): Promise<Holders> {
  const holders = new Map<string, readonly string[]>();
  for (const { role, isNew } of roles) holders.set(role.name, isNew ? [] : await queries.roles.holders(role.name));
  return holders;
}

/** Who loses something when what is undeclared goes. */
export function losersOf({ roles }: AccessPlan, holders: Holders): string[] {
  return union(
    roles.filter(({ undeclared }) => undeclared.length > 0),
    holders,
  );
}

export async function reportOf(
  queries: Queries,
  plan: AccessPlan,
  holders: Holders,
  { emails }: { readonly emails: boolean },
): Promise<AccessReport> {
  const accounts = (roles: readonly RolePlan[]) => union(roles, holders).length;
  const losers = losersOf(plan, holders);
  const added: AccessReport["added"] = {
    audience: plan.registers,
    permissions: plan.adds,
    procedures: plan.tells,
    roles: plan.roles
      .filter(({ isNew, adds }) => isNew || adds.length > 0)
      .map((one) => ({ name: one.role.name, isNew: one.isNew, permissions: one.adds, accounts: accounts([one]) })),
  };
  const permissions = plan.undeclared.map((permission) => {
    const roles = plan.roles.filter(({ undeclared }) => undeclared.includes(permission));
    return { permission, roles: roles.map(({ role }) => role.name), accounts: accounts(roles) };
  });
  const roles = plan.roles
    .filter(({ undeclared, isDropped }) => isDropped || undeclared.length > 0)
    .map((one) => ({
      name: one.role.name,
      goes: one.isEmptied,
      permissions: one.undeclared,
      accounts: accounts([one]),
    }));
  return {
    audience: plan.audience,
    plan: nameOf(plan),
    added,
    undeclared: {
      permissions,
      roles,
      accounts: losers.length,
      emails: emails ? await emailsOf(queries, losers.slice(0, NAMED)) : [],
    },
  };
}

function nameOf(plan: AccessPlan): string {
  const roles = plan.roles.map(({ role, ...rest }) => [role.name, rest]);
  return createHash("sha256")
    .update(JSON.stringify({ ...plan, roles }))
    .digest("base64url");
}

function union(roles: readonly RolePlan[], holders: Holders): string[] {
  return [...new Set(roles.flatMap(({ role }) => holders.get(role.name) ?? []))];
}

async function emailsOf(queries: Queries, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const account = await queries.accounts.byId(id);
    if (account) found.push(account.email);
  }
  return found;
}
