import type { Account } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Caller } from "../caller.ts";
import type { Mails } from "../mail/mails.ts";
import { raiseAccount } from "../revocation/account-version.ts";
import { endSessions } from "../sessions/session-end.ts";

/**
 * Gives an account to who has just proved its address. Where nobody had done so before, whoever made it may have been
 * somebody else, who waits for the owner to come: their password is gone, and their sessions have ended.
 *
 * Does not check: what else they have left behind, at APIs and in methods that know people by their account.
 *
 * @returns the account as it is now; `undefined` where it was removed meanwhile
 */
export async function claimByAddress(
  tx: Transaction,
  { audit, mails }: { readonly audit: AuditWriter; readonly mails: Mails },
  account: Account,
  by: Caller,
): Promise<Account | undefined> {
  if (account.emailProvedAt !== null) return account;
  const { id } = account;
  await tx.lock(`account:${id}`);
  const at = await tx.now();
  if (await tx.accounts.claim(id, at)) {
    const sessions = await endSessions(tx, id, at, "address_proved");
    await raiseAccount(tx, id);
    await audit.write(tx, { event: "account.address_proved", at, by, actor: id, subject: id, detail: { sessions } });
    const facts = { at, address: by.address };
    await mails.write(tx, { kind: "address_proved", to: account.email, subject: id, facts });
    tx.emit({ type: "account.address_proved", at, account: id, actor: id });
  }
  return await tx.accounts.byId(id);
}
