import type { Store, Transaction } from "../store/store.ts";
import { raiseAccount } from "./account-version.ts";

/** So many accounts in one transaction: short enough that nobody waits for it. */
const CHUNK = 500;

/** Makes the tokens of the first holders too old, in the transaction that narrows their role; answers who is left. */
export async function raiseFirst(tx: Transaction, holders: readonly string[]): Promise<readonly string[]> {
  for (const holder of holders.slice(0, CHUNK)) await raiseAccount(tx, holder);
  return holders.slice(CHUNK);
}

/**
 * The same for who is left, chunk by chunk. Until its turn a holder's token says what no longer holds, and at most until
 * it expires, should the process die in between.
 */
export async function raiseRest(store: Store, holders: readonly string[]): Promise<void> {
  for (let start = 0; start < holders.length; start += CHUNK) {
    await store.transaction(async (tx) => {
      for (const holder of holders.slice(start, start + CHUNK)) {
        // Somebody whose account was removed meanwhile has no token left to make old.
        if (await tx.accounts.byId(holder)) await raiseAccount(tx, holder);
      }
    });
  }
}
