import { Refusal } from "@countersign/tokens";
import type { Actor } from "../caller.ts";
import { assertSuitable } from "../passwords/password-rules.ts";
import { raiseAccount } from "../revocation/account-version.ts";
import { endSessions } from "../sessions/session-end.ts";
import type { AccountsDeps } from "./accounts.ts";
import { proveOwnPassword } from "./own-password.ts";

/** Changes the actor's own password: see `Accounts.changePassword`. */
export function createPasswordChange(deps: AccountsDeps) {
  const { store, audit, mails, passwords } = deps;
  return async (
    { current, next }: { readonly current: string; readonly next: string },
    actor: Actor,
  ): Promise<void> => {
    const account = await proveOwnPassword(deps, current, actor);
    assertSuitable(next, account);
    const passwordHash = await passwords.hash(next);
    await store.transaction(async (tx) => {
      await tx.lock(`account:${actor.id}`);
      const now = await tx.accounts.byId(actor.id);
      // Somebody else changed it while this one was hashed: what was proved no longer is.
      if (now?.passwordHash !== account.passwordHash) throw new Refusal("conflict");
      const at = await tx.now();
      await tx.accounts.setPassword(actor.id, passwordHash);
      await endSessions(tx, actor.id, at, "password_changed", actor.session ?? undefined);
      await raiseAccount(tx, actor.id);
      await audit.write(tx, { event: "account.password_changed", at, by: actor, subject: actor.id });
      const facts = { at, address: actor.address };
      await mails.write(tx, { kind: "password_changed", to: account.email, subject: actor.id, facts });
      tx.emit({ type: "account.password_changed", at, account: actor.id, actor: actor.id });
    });
  };
}
