import { EVERYTHING, Refusal } from "@countersign/tokens";
import type { EndCause, Session } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import type { Actor, Caller } from "../caller.ts";
import type { SessionDeps } from "./session-deps.ts";
import type { EndInput } from "./sessions.ts";

/** Ends a session and all its tokens. False where it had ended before. */
export async function endSession(
  tx: Transaction,
  { id, accountId }: Pick<Session, "id" | "accountId">,
  at: number,
  cause: EndCause,
): Promise<boolean> {
  const ended = await tx.sessions.end(id, at, cause);
  if (ended) noteEnds(tx, accountId, [id], at, cause);
  return ended;
}

/** Ends the sessions of an account and all their tokens, one excepted, and answers how many. Needs the account's lock. */
export async function endSessions(
  tx: Transaction,
  account: string,
  at: number,
  cause: EndCause,
  except?: string,
): Promise<number> {
  const ended = await tx.sessions.endAll(account, at, cause, except);
  noteEnds(tx, account, ended, at, cause);
  return ended.length;
}

/** Every token of these sessions dies with the commit, and who wants to know is told before it. */
function noteEnds(tx: Transaction, account: string, ended: readonly string[], at: number, cause: EndCause): void {
  // One by one: an account may have more sessions than a call has room for arguments.
  for (const session of ended) {
    tx.revoke({ kind: "session", id: session, least: EVERYTHING });
    tx.emit({ type: "session.ended", at, account, session, cause });
  }
}

/** The three ways in which people end sessions of their own: see `Sessions`. */
export function createSessionEnd({ store, audit, refreshTokens, refusedTokens, proofs }: SessionDeps) {
  return {
    end: async ({ refreshToken, client, ...input }: EndInput, caller: Caller): Promise<void> => {
      const { session, ...rest } = await refreshTokens.authenticate(store, refreshToken);
      if (!session) return await refusedTokens.write("session.end_refused", "cause" in rest ? rest.cause : "", caller);
      if (session.clientId !== client) {
        await refusedTokens.write("session.end_refused", "wrong_client", caller, session);
        throw new Refusal("invalid_grant", { detail: "end: wrong_client" });
      }
      const proof = await proofs.verify(input.proof, "end");
      if ((proof?.jkt ?? null) !== session.jkt) {
        await refusedTokens.write("session.end_refused", "wrong_proof", caller, session);
        throw new Refusal("key_mismatch", { detail: "end: wrong_proof" });
      }
      await store.transaction(async (tx) => {
        const at = await tx.now();
        if (!(await endSession(tx, session, at, "signed_out"))) return;
        const note = { at, by: caller, actor: session.accountId, session: session.id };
        await audit.write(tx, { event: "session.ended", ...note, detail: { cause: "signed_out" } });
        await proofs.use(tx, proof);
      });
    },

    endOwn: (id: string, actor: Actor): Promise<void> =>
      store.transaction(async (tx) => {
        const session = await tx.sessions.byId(id);
        const at = await tx.now();
        const own = session !== undefined && session.accountId === actor.id;
        if (!own || !(await endSession(tx, session, at, "ended_by_owner"))) throw new Refusal("not_found");
        await audit.write(tx, {
          event: "session.ended",
          at,
          by: actor,
          subject: id,
          detail: { cause: "ended_by_owner" },
        });
      }),

    endOthers: (actor: Actor): Promise<number> =>
      store.transaction(async (tx) => {
        await tx.lock(`account:${actor.id}`);
        const at = await tx.now();
        const ended = await endSessions(tx, actor.id, at, "ended_by_owner", actor.session ?? undefined);
        const detail = { cause: "ended_by_owner", sessions: ended };
        await audit.write(tx, { event: "account.sessions_ended", at, by: actor, subject: actor.id, detail });
        return ended;
      }),
  };
}
