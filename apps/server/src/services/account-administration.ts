import { Refusal } from "@countersign/tokens";
import type { Account } from "../store/records.ts";
import type { Store, Transaction } from "../store/store.ts";
import { raiseAccount } from "./account-version.ts";
import { assertNotLast } from "./administrators.ts";
import type { AuditWriter } from "./audit.ts";
import type { Actor } from "./caller.ts";
import { endSessions } from "./session-end.ts";

/** What administrators do to accounts: see `Accounts`. */
export function createAccountAdministration({ store, audit }: { store: Store; audit: AuditWriter }) {
  return {
    disable: (id: string, actor: Actor): Promise<void> =>
      store.transaction(async (tx) => {
        await assertNotLast(tx, id);
        await hold(tx, id);
        const at = await tx.now();
        if (!(await tx.accounts.setDisabled(id, at))) return;
        await tx.sessions.endAll(id, at, "account_disabled");
        await raiseAccount(tx, id);
        await audit.write(tx, { event: "account.disabled", at, by: actor, subject: id });
      }),

    enable: (id: string, actor: Actor): Promise<void> =>
      store.transaction(async (tx) => {
        await hold(tx, id);
        if (!(await tx.accounts.setDisabled(id, null))) return;
        await audit.write(tx, { event: "account.enabled", at: await tx.now(), by: actor, subject: id });
      }),

    remove: (id: string, actor: Actor): Promise<void> =>
      store.transaction(async (tx) => {
        await assertNotLast(tx, id);
        await hold(tx, id);
        // The fact outlives the row: its tokens die although nothing is left to compare them with.
        await raiseAccount(tx, id);
        await tx.accounts.remove(id);
        await audit.write(tx, { event: "account.removed", at: await tx.now(), by: actor, subject: id });
      }),

    endSessions: (id: string, actor: Actor): Promise<number> =>
      store.transaction(async (tx) => {
        await hold(tx, id);
        const at = await tx.now();
        const ended = await endSessions(tx, id, at, "ended_by_administrator");
        const detail = { cause: "ended_by_administrator", sessions: ended };
        await audit.write(tx, { event: "account.sessions_ended", at, by: actor, subject: id, detail });
        return ended;
      }),
  };
}

/** The account as it is under its lock. */
async function hold(tx: Transaction, id: string): Promise<Account> {
  await tx.lock(`account:${id}`);
  const account = await tx.accounts.byId(id);
  if (!account) throw new Refusal("not_found");
  return account;
}
