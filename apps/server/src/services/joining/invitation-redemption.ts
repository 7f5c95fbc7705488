import { hashOneTimeSecret, Refusal } from "@countersign/tokens";
import type { Invitation, Role } from "../../store/records.ts";
import type { Queries, Transaction } from "../../store/store.ts";
import { allOf, mayHandle } from "../access/holding.ts";

/**
 * Looks whether there is such an invitation, and leaves it there: before anything dear is done for who shows it.
 *
 * @throws {Refusal} `invalid_code`
 */
export async function assertInvited(queries: Queries, secret: string): Promise<void> {
  const hash = await hashOneTimeSecret(secret);
  if (hash === undefined || !(await queries.invitations.byHash(hash))) throw new Refusal("invalid_code");
}

/**
 * Takes an invitation out with the account that it makes; a refusal rolls both back, so it stays good. It is worth what
 * who made it may give now: nothing, when that account is disabled or gone. Answers its roles that are still there.
 *
 * @throws {Refusal} `invalid_code`
 */
export async function takeInvitation(
  tx: Transaction,
  secret: string,
  email: string,
): Promise<{ readonly id: string; readonly roles: readonly string[] }> {
  await tx.lock("administrators");
  const hash = await hashOneTimeSecret(secret);
  const invitation = hash === undefined ? undefined : await tx.invitations.take(hash);
  if (!invitation || (await tx.now()) >= invitation.expiresAt || invitation.email !== email)
    throw new Refusal("invalid_code");
  const given = allOf(await rolesThere(tx, invitation));
  if (!(await mayHandle(tx, invitation.invitedBy, given))) {
    throw new Refusal("invalid_code", { detail: "who invited may no longer give this" });
  }
  return { id: invitation.id, roles: given.roles };
}

async function rolesThere(queries: Queries, { roles }: Invitation): Promise<Role[]> {
  const found: Role[] = [];
  for (const name of roles) {
    const role = await queries.roles.byName(name);
    if (role) found.push(role);
  }
  return found;
}
