import { Refusal } from "@countersign/tokens";
import type { Grantable, Role } from "../../store/records.ts";
import type { Queries, Transaction } from "../../store/store.ts";
import type { Actor } from "../caller.ts";
import { ADMINISTRATOR } from "./administrators.ts";

/** What is given, taken or changed: roles by name, and all that they permit. */
export interface Handled {
  readonly roles: readonly string[];
  readonly permissions: readonly Grantable[];
}

/**
 * Nobody gives, takes or changes what they do not hold. Judged by what the actor holds now and not by its token; one
 * whose account is disabled or gone holds nothing. An administrator holds everything in this sense: otherwise nobody
 * could give the first permission of a new API. So being administrator is more than the permissions listed in that role,
 * and only an administrator handles it. Needs the administrators' lock.
 *
 * @throws {Refusal} `not_permitted`
 */
export async function assertMayHandle(tx: Transaction, actor: Actor, handled: Handled): Promise<void> {
  if (!(await mayHandle(tx, actor.id, handled))) {
    throw new Refusal("not_permitted", { detail: "the actor does not hold what it would give or take" });
  }
}

/** The same question about any account: see `assertMayHandle`. */
export async function mayHandle(queries: Queries, account: string, { roles, permissions }: Handled): Promise<boolean> {
  const there = await queries.accounts.byId(account);
  if (!there || there.disabledAt !== null) return false;
  if ((await queries.roles.ofAccount(account)).includes(ADMINISTRATOR)) return true;
  if (roles.includes(ADMINISTRATOR)) return false;
  const held = new Set((await queries.roles.grantedTo(account)).map(keyOf));
  return permissions.every((permission) => held.has(keyOf(permission)));
}

export function allOf(roles: readonly Role[]): Handled {
  return { roles: roles.map(({ name }) => name), permissions: roles.flatMap(({ permissions }) => permissions) };
}

/** Everything that an account is granted, whether it is disabled or not. */
export async function rightsOf(queries: Queries, account: string): Promise<Handled> {
  return { roles: await queries.roles.ofAccount(account), permissions: await queries.roles.grantedTo(account) };
}

/** Every permission of the first list that the second lacks. */
export function without(permissions: readonly Grantable[], others: readonly Grantable[]): Grantable[] {
  const taken = new Set(others.map(keyOf));
  return permissions.filter((permission) => !taken.has(keyOf(permission)));
}

function keyOf({ audience, permission }: Grantable): string {
  return `${audience} ${permission}`;
}
