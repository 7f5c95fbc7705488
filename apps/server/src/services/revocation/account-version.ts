import type { Transaction } from "../../store/store.ts";

/** Makes every token that the account has now too old. */
export async function raiseAccount(tx: Transaction, id: string): Promise<void> {
  const least = await tx.accounts.raiseVersion(id);
  tx.revoke({ kind: "account", id, least });
}

/** The same for many. Somebody whose account was removed meanwhile has no token left to make old. */
export async function raiseAccounts(tx: Transaction, ids: readonly string[]): Promise<void> {
  const raised = await tx.accounts.raiseVersions(ids);
  tx.revoke(...raised.map(({ id, version }) => ({ kind: "account", id, least: version }) as const));
}
