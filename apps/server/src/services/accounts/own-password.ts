import { Refusal } from "@countersign/tokens";
import type { Account } from "../../store/records.ts";
import type { Actor } from "../caller.ts";
import type { AccountsDeps } from "./accounts.ts";

/**
 * Proves that an actor knows their own password. Guesses count as those of a sign-in, and are written down.
 *
 * @returns the account as it was when the password was right
 * @throws {Refusal} `wrong_credentials`, `rate_limited`, `busy`, `not_found`
 */
export async function proveOwnPassword(
  { store, audit, limits, passwords }: Pick<AccountsDeps, "store" | "audit" | "limits" | "passwords">,
  password: string,
  actor: Actor,
): Promise<Account> {
  const account = await store.accounts.byId(actor.id);
  if (!account) throw new Refusal("not_found");
  const attempt = await limits.account("password", account.email, actor);
  if (!(await passwords.verify(account.passwordHash, password))) {
    const at = await store.now();
    await audit.write(store, { event: "account.password_refused", at, by: actor, subject: actor.id });
    throw new Refusal("wrong_credentials", { detail: "the current password is wrong" });
  }
  await attempt.forgive(store);
  return account;
}
