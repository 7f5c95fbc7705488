import type { Transaction } from "../../store/store.ts";

/** Makes every token that the service has now too old. */
export async function raiseService(tx: Transaction, id: string): Promise<void> {
  const least = await tx.services.raiseVersion(id);
  tx.revoke({ kind: "service", id, least });
}

/** Takes permissions of an API from every service that has them. */
export async function narrowServices(tx: Transaction, audience: string, taken: readonly string[]): Promise<void> {
  for (const id of await tx.services.permittedAt(audience, taken)) {
    const before = await tx.services.permissions(id);
    const kept = before.filter((one) => one.audience !== audience || !taken.includes(one.permission));
    await tx.services.setPermissions(id, kept);
    await raiseService(tx, id);
  }
}
