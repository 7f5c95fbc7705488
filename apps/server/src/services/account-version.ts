import type { Transaction } from "../store/store.ts";

/** Makes every token that the account has now too old. */
export async function raiseAccount(tx: Transaction, id: string): Promise<void> {
  const least = await tx.accounts.raiseVersion(id);
  tx.revoke({ kind: "account", id, least });
}
