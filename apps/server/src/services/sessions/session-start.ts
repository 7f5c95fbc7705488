import { Refusal, type SessionReply } from "@countersign/tokens";
import type { Account, Handoff, Session } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { findAudiences } from "../access/audiences.ts";
import type { Caller } from "../caller.ts";
import { createId } from "../ids.ts";
import type { Grants } from "./access-tokens.ts";
import { replyWith, type SessionDeps } from "./session-deps.ts";
import { endSession } from "./session-end.ts";
import type { StartInput } from "./sessions.ts";

const USER_AGENT_LENGTH = 200;
/** What a device calls itself is shown to its owner, so nothing in it may steer a terminal. */
const CONTROL = /\p{C}/gu;

/** Redeems a handoff: see `Sessions.start`. A refusal leaves the handoff good, and is written to the audit, to a limit. */
export function createSessionStart(deps: SessionDeps) {
  const { store, audit, handoffs, accessTokens, claims, refreshTokens, refusedTokens, proofs } = deps;

  /** Ends the session that another one takes the place of (ASVS 7.2.4), unless it is another client's. */
  const endFormer = async (tx: Transaction, former: Session, client: string, at: number, caller: Caller) => {
    if (former.clientId !== client || !(await endSession(tx, former, at, "replaced"))) return;
    const note = { at, by: caller, actor: former.accountId, session: former.id };
    await audit.write(tx, { event: "session.ended", ...note, detail: { cause: "replaced" } });
  };

  const redeem = async (input: StartInput, caller: Caller): Promise<Grants> => {
    handoffs.check(input.handoff);
    const proof = await proofs.verify(input.proof, "start");
    const former =
      input.replaces === undefined ? undefined : (await refreshTokens.authenticate(store, input.replaces)).session;
    return await claims.transaction(async (tx, claimsFor) => {
      const at = await tx.now();
      const { handoff, account } = await handoffs.redeem(tx, input.handoff, { ...input, jkt: proof?.jkt }, at);
      // Only now, so that a stranger does not learn which audiences there are.
      const audiences = await findAudiences(tx, input.audiences, handoff.clientId);
      const granted = await accessTokens.read(tx, { account, audiences, claimsFor, at });
      const session = newSession(deps, handoff, account, caller, at);
      await tx.sessions.insert(session);
      await audit.write(tx, {
        event: "session.started",
        at,
        by: caller,
        actor: account.id,
        session: session.id,
        detail: { client: session.clientId, amr: session.amr.join(" ") },
      });
      tx.emit({
        type: "session.started",
        at,
        account: account.id,
        session: session.id,
        client: session.clientId,
        amr: session.amr,
      });
      if (former) await endFormer(tx, former, session.clientId, at, caller);
      await proofs.use(tx, proof);
      return { ...granted, session };
    });
  };

  return async (input: StartInput, caller: Caller): Promise<SessionReply> => {
    const grants = await redeem(input, caller).catch(async (cause: unknown) => {
      if (cause instanceof Refusal && (cause.reason === "invalid_grant" || cause.reason === "proof_invalid")) {
        await refusedTokens.write("session.start_refused", cause.detail ?? "", caller);
      }
      throw cause;
    });
    return await replyWith(deps, grants);
  };
}

function newSession(deps: SessionDeps, handoff: Handoff, account: Account, caller: Caller, at: number): Session {
  const { world, refreshTokens, lifetimes } = deps;
  const life = handoff.jkt === null ? lifetimes.sessionAbsolute : lifetimes.boundSessionAbsolute;
  return {
    id: createId(world),
    accountId: account.id,
    clientId: handoff.clientId,
    org: null,
    gen: 0,
    genAt: at,
    late: false,
    streak: 0,
    salt: createId(world),
    secretVersion: refreshTokens.newestSecret(),
    version: 1,
    jkt: handoff.jkt,
    authTime: handoff.authTime,
    amr: handoff.amr,
    acr: handoff.acr,
    idleEnd: at + Math.min(lifetimes.sessionIdle, life) * 1000,
    absEnd: at + life * 1000,
    endedAt: null,
    endCause: null,
    userAgent: caller.userAgent?.replace(CONTROL, "").slice(0, USER_AGENT_LENGTH) ?? null,
    createdAt: at,
  };
}
