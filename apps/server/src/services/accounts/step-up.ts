import { Refusal } from "@countersign/tokens";
import type { Actor } from "../caller.ts";
import type { AccountsDeps } from "./accounts.ts";
import { proveOwnPassword } from "./own-password.ts";

/**
 * The actor proves again who they are: see `Accounts.stepUp`. The session goes on under its id with a new `auth_time`; its
 * version rises, so that tokens of before are refused and their holders renew them. No token is made here: the fresh one
 * comes from the refresh that follows, at the one door, to whoever holds the session.
 */
export function createStepUp(deps: AccountsDeps) {
  const { store, audit } = deps;
  return async (password: string, actor: Actor): Promise<void> => {
    const proved = await proveOwnPassword(deps, password, actor);
    await store.transaction(async (tx) => {
      await tx.lock(`account:${actor.id}`);
      const account = await tx.accounts.byId(actor.id);
      // Changed while this one was hashed: what was proved no longer is.
      if (!account || account.passwordHash !== proved.passwordHash) throw new Refusal("conflict");
      const session = actor.session === null ? undefined : await tx.sessions.byId(actor.session);
      const at = await tx.now();
      const proof = { authTime: at, amr: ["pwd"], acr: "1fa" } as const;
      const version = session?.accountId === actor.id ? await tx.sessions.stepUp(session.id, proof) : undefined;
      if (!session || version === undefined) throw new Refusal("session_ended");
      tx.revoke({ kind: "session", id: session.id, least: version });
      await audit.write(tx, { event: "session.stepped_up", at, by: actor, detail: { amr: proof.amr.join(" ") } });
    });
  };
}
