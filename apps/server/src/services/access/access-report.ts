import { createHash } from "node:crypto";
import type { Queries } from "../../store/store.ts";
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
    /** Whether its tokens become bound to keys, or bearer tokens again; null where they stay what they are. */
    readonly boundTokens: boolean | null;
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

export async function reportOf(
  queries: Queries,
  plan: AccessPlan,
  { emails }: { readonly emails: boolean },
): Promise<AccessReport> {
  const accounts = (roles: readonly RolePlan[]) => queries.roles.countHolders(namesOf(roles));
  const losing = plan.roles.filter(({ undeclared }) => undeclared.length > 0);
  const growing = plan.roles.filter(({ isNew, adds }) => isNew || adds.length > 0);
  const shrinking = plan.roles.filter(({ undeclared, isDropped }) => isDropped || undeclared.length > 0);
  return {
    audience: plan.audience,
    plan: nameOf(plan),
    added: {
      audience: plan.registers,
      permissions: plan.adds,
      procedures: plan.tells,
      boundTokens: plan.rebinds ? plan.boundTokens : null,
      roles: await inTurn(growing, async (one) => ({
        name: one.role.name,
        isNew: one.isNew,
        permissions: one.adds,
        accounts: await accounts([one]),
      })),
    },
    undeclared: {
      permissions: await inTurn(plan.undeclared, async (permission) => {
        const roles = plan.roles.filter(({ undeclared }) => undeclared.includes(permission));
        return { permission, roles: namesOf(roles), accounts: await accounts(roles) };
      }),
      roles: await inTurn(shrinking, async (one) => ({
        name: one.role.name,
        goes: one.isEmptied,
        permissions: one.undeclared,
        accounts: await accounts([one]),
      })),
      accounts: await accounts(losing),
      emails: emails ? await emailsOf(queries, namesOf(losing)) : [],
    },
  };
}

function nameOf(plan: AccessPlan): string {
  const roles = plan.roles.map(({ role, ...rest }) => [role.name, rest]);
  return createHash("sha256")
    .update(JSON.stringify({ ...plan, roles }))
    .digest("base64url");
}

function namesOf(roles: readonly RolePlan[]): string[] {
  return roles.map(({ role }) => role.name);
}

/** Some of those who hold any of these. */
async function emailsOf(queries: Queries, roles: readonly string[]): Promise<string[]> {
  const holders = await inTurn(roles, (role) => queries.roles.holders(role, { limit: NAMED }));
  const some = [...new Set(holders.flat())].slice(0, NAMED);
  const accounts = await inTurn(some, (id) => queries.accounts.byId(id));
  return accounts.flatMap((account) => (account ? [account.email] : []));
}

/** A transaction asks one question after the other. */
async function inTurn<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const one of all) answers.push(await ask(one));
  return answers;
}
