import { Refusal } from "@countersign/tokens";
import type { Transaction } from "../../store/store.ts";

/** The role that holds every permission of the issuer. */
export const ADMINISTRATOR = "administrator";

/**
 * Refuses to take the last enabled administrator away. Holds the administrators' lock until the commit, so of two who
 * leave at once one stays.
 *
 * @throws {Refusal} `last_administrator`
 */
export async function assertNotLast(tx: Transaction, account: string): Promise<void> {
  await tx.lock("administrators");
  const leaving = await tx.accounts.byId(account);
  if (!leaving || leaving.disabledAt !== null) return;
  const roles = await tx.roles.ofAccount(account);
  if (roles.includes(ADMINISTRATOR) && (await tx.roles.enabledHolders(ADMINISTRATOR)) <= 1) {
    throw new Refusal("last_administrator");
  }
}
