import { Refusal } from "@countersign/tokens";
import type { Grantable } from "../store/records.ts";
import type { Transaction } from "../store/store.ts";
import { ADMINISTRATOR } from "./administrators.ts";
import type { Actor } from "./caller.ts";

/**
 * Nobody gives, takes or changes what they do not hold. Judged by what the actor holds now and not by its token. An
 * administrator holds everything in this sense: otherwise nobody could give the first permission of a new API.
 *
 * @throws {Refusal} `not_permitted`
 */
export async function assertHolds(tx: Transaction, actor: Actor, permissions: readonly Grantable[]): Promise<void> {
  if ((await tx.roles.ofAccount(actor.id)).includes(ADMINISTRATOR)) return;
  const held = new Set((await tx.roles.grantedTo(actor.id)).map(keyOf));
  if (!permissions.every((permission) => held.has(keyOf(permission)))) {
    throw new Refusal("not_permitted", { detail: "the actor does not hold what it would give or take" });
  }
}

/** Every permission of the first list that the second lacks. */
export function without(permissions: readonly Grantable[], others: readonly Grantable[]): Grantable[] {
  const taken = new Set(others.map(keyOf));
  return permissions.filter((permission) => !taken.has(keyOf(permission)));
}

function keyOf({ audience, permission }: Grantable): string {
  return `${audience} ${permission}`;
}
