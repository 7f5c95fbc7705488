import { Refusal } from "@countersign/tokens";
import type { Store } from "../../store/store.ts";
import type { Passwords } from "../passwords/passwords.ts";

/**
 * Hashes a password that was just found right with today's parameters (ASVS 11.2.2). Leaves the account alone where the
 * hash is no longer the one that was checked, and puts it off where the hashing is busy.
 */
export async function rehash(
  store: Store,
  passwords: Passwords,
  account: string,
  checked: string,
  password: string,
): Promise<void> {
  const fresh = await passwords.hash(password).catch((cause: unknown) => {
    if (cause instanceof Refusal && cause.reason === "busy") return undefined;
    throw cause;
  });
  if (fresh === undefined) return;
  await store.transaction(async (tx) => {
    await tx.lock(`account:${account}`);
    const now = await tx.accounts.byId(account);
    if (now?.passwordHash === checked) await tx.accounts.setPassword(account, fresh);
  });
}
