import { Refusal } from "@countersign/tokens";
import { raiseAccount } from "./account-version.ts";
import type { AccountsDeps } from "./accounts.ts";
import type { Actor } from "./caller.ts";
import { assertSuitable } from "./password-rules.ts";
import { endSessions } from "./session-end.ts";

/** Changes the actor's own password: see `Accounts.changePassword`. Guesses count as those of a sign-in. */
export function createPasswordChange({ store, audit, limits, mails, passwords }: AccountsDeps) {
  return async (
    { current, next }: { readonly current: string; readonly next: string },
    actor: Actor,
  ): Promise<void> => {
    const account = await store.accounts.byId(actor.id);
    if (!account) throw new Refusal("not_found");
    const attempt = await limits.account("password", account.email, actor);
    if (!(await passwords.verify(account.passwordHash, current))) {
      const refused = {
        event: "account.password_refused",
        at: await store.now(),
        by: actor,
        subject: actor.id,
      } as const;
      await audit.write(store, refused);
      throw new Refusal("wrong_credentials", { detail: "the current password is wrong" });
    }
    await attempt.forgive(store);
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
