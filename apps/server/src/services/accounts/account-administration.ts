import { Refusal } from "@countersign/tokens";
import type { Account } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import { assertNotLast } from "../access/administrators.ts";
import { assertMayHandle, rightsOf } from "../access/holding.ts";
import { createRightChanges } from "../access/right-changes.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Actor } from "../caller.ts";
import { raiseAccount } from "../revocation/account-version.ts";
import { endSessions } from "../sessions/session-end.ts";
import type { MetadataChange, MetadataRules } from "./metadata.ts";
import { replaceMetadata } from "./metadata-change.ts";

/**
 * What people do to accounts: see `Accounts`. Nobody touches an account that may do more than they may themselves; one's
 * own never does.
 */
export function createAccountAdministration({ store, audit, metadata }: AdministrationDeps) {
  const changeRights = createRightChanges({ store, audit });
  const change = <T>(
    act: string,
    id: string,
    actor: Actor,
    work: (tx: Transaction, account: Account) => Promise<T>,
  ): Promise<T> =>
    changeRights(actor, { event: "account.refused", subject: id, detail: { act } }, async (tx) => {
      const account = await holdAccount(tx, id);
      await assertMayHandle(tx, actor, await rightsOf(tx, id));
      return await work(tx, account);
    });

  return {
    disable: (id: string, actor: Actor): Promise<void> =>
      change("disable", id, actor, async (tx) => {
        await assertNotLast(tx, id);
        const at = await tx.now();
        if (!(await tx.accounts.setDisabled(id, at))) return;
        await endSessions(tx, id, at, "account_disabled");
        await raiseAccount(tx, id);
        await audit.write(tx, { event: "account.disabled", at, by: actor, subject: id });
        tx.emit({ type: "account.disabled", at, account: id, actor: actor.id });
      }),

    enable: (id: string, actor: Actor): Promise<void> =>
      change("enable", id, actor, async (tx) => {
        if (!(await tx.accounts.setDisabled(id, null))) return;
        const at = await tx.now();
        await audit.write(tx, { event: "account.enabled", at, by: actor, subject: id });
        tx.emit({ type: "account.enabled", at, account: id, actor: actor.id });
      }),

    remove: (id: string, actor: Actor): Promise<void> =>
      change("remove", id, actor, async (tx, { email }) => {
        await assertNotLast(tx, id);
        const at = await tx.now();
        // The facts outlive the rows: its tokens die although nothing is left to compare them with.
        await endSessions(tx, id, at, "account_removed");
        await raiseAccount(tx, id);
        await tx.accounts.remove(id);
        await audit.write(tx, { event: "account.removed", at, by: actor, subject: id });
        tx.emit({ type: "account.removed", at, account: id, email, actor: actor.id });
      }),

    endSessions: (id: string, actor: Actor): Promise<number> =>
      change("end_sessions", id, actor, async (tx) => {
        const at = await tx.now();
        const ended = await endSessions(tx, id, at, "ended_by_administrator");
        const detail = { cause: "ended_by_administrator", sessions: ended };
        await audit.write(tx, { event: "account.sessions_ended", at, by: actor, subject: id, detail });
        return ended;
      }),

    setMetadata: async (id: string, given: MetadataChange, actor: Actor): Promise<void> => {
      const parts = metadata.check(given);
      await change("set_metadata", id, actor, (tx) =>
        replaceMetadata(tx, audit, { id, parts, narrowed: given.narrowed, by: actor }),
      );
    },
  };
}

interface AdministrationDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly metadata: MetadataRules;
}

/** Locks an account that is there. */
export async function holdAccount(tx: Transaction, id: string): Promise<Account> {
  await tx.lock(`account:${id}`);
  const account = await tx.accounts.byId(id);
  if (!account) throw new Refusal("not_found");
  return account;
}
