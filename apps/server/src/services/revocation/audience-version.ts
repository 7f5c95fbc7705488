import type { Transaction } from "../../store/store.ts";

/** Makes every token for an audience too old, whoever has it. */
export async function raiseAudience(tx: Transaction, id: string): Promise<void> {
  const least = await tx.audiences.raiseVersion(id);
  tx.revoke({ kind: "audience", id, least });
}
