import { judgeRefresh, type Proof, type RefreshVerdict, Refusal, type SessionReply } from "@countersign/tokens";
import type { Session } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { findAudiences } from "../access/audiences.ts";
import type { Caller } from "../caller.ts";
import type { Grants } from "./access-tokens.ts";
import type { ClaimsFor } from "./claims.ts";
import { replyWith, type SessionDeps } from "./session-deps.ts";
import { endSession } from "./session-end.ts";
import type { RefreshInput } from "./sessions.ts";

/** An authentic token and what came with it. */
interface Presented extends Omit<RefreshInput, "proof"> {
  readonly sessionId: string;
  readonly gen: number;
  readonly proof: Proof | null;
  readonly caller: Caller;
}

/** What became of it; `lost` means that somebody else was faster and it must be judged again. */
type Outcome =
  | { readonly grants: Grants }
  | { readonly refused: "invalid_grant" | "key_mismatch"; readonly cause: string; readonly written?: true }
  | "lost";

/** Every lost round is another's success, so a few are enough for any honest race. */
const ROUNDS = 8;

/** Carries out what `judgeRefresh` says: see `Sessions.refresh`. */
export function createSessionRefresh(deps: SessionDeps) {
  const { store, claims, refreshTokens, refusedTokens, proofs } = deps;

  return async (input: RefreshInput, caller: Caller): Promise<SessionReply> => {
    const found = await refreshTokens.authenticate(store, input.refreshToken);
    if (!found.session) {
      await refusedTokens.write("session.refresh_refused", found.cause, caller);
      throw new Refusal("invalid_grant", { detail: `refresh: ${found.cause}` });
    }
    const notProved = async (cause: unknown): Promise<never> => {
      if (cause instanceof Refusal && cause.reason === "proof_invalid")
        await refusedTokens.write("session.refresh_refused", cause.detail ?? "", caller, found.session);
      throw cause;
    };
    const proof = await proofs.verify(input.proof, "refresh").catch(notProved);
    const presented = { ...input, sessionId: found.session.id, gen: found.gen, proof, caller };
    for (let round = 0; round < ROUNDS; round += 1) {
      const outcome = await claims
        .transaction((tx, claimsFor) => attempt(deps, tx, claimsFor, presented))
        .catch(notProved);
      if (outcome === "lost") continue;
      if ("grants" in outcome) return await replyWith(deps, outcome.grants);
      if (!outcome.written) await refusedTokens.write("session.refresh_refused", outcome.cause, caller, found.session);
      throw new Refusal(outcome.refused, { detail: `refresh: ${outcome.cause}` });
    }
    throw new Refusal("busy", { retryAfter: 1, detail: "refresh: lost every round" });
  };
}

/** Reads, judges and acts in one transaction. */
async function attempt(
  deps: SessionDeps,
  tx: Transaction,
  claimsFor: ClaimsFor,
  presented: Presented,
): Promise<Outcome> {
  const session = await tx.sessions.byId(presented.sessionId);
  if (!session) return { refused: "invalid_grant", cause: "unknown_session" };
  const at = await tx.now();
  const jkt = presented.proof?.jkt ?? null;
  const verdict = judgeRefresh(session, { gen: presented.gen, clientId: presented.client, jkt }, at);
  if (verdict.act === "refuse") return { refused: verdict.reason, cause: verdict.cause };
  if (verdict.act === "end") return await endFor(deps, tx, session, verdict.cause, at, presented);
  // What ends sessions raises the account's version with it. Read before this, the account could be newer than the
  // session, and a token of an ended session would carry the version that outlives it.
  if (!(await tx.sessions.hold(session.id, session, at))) return "lost";
  const account = await tx.accounts.byId(session.accountId);
  if (!account || account.disabledAt !== null) return { refused: "invalid_grant", cause: "disabled" };
  // Before anything is written: neither an unknown audience nor claims that cannot be found change anything.
  const audiences = await findAudiences(tx, presented.audiences, session.clientId);
  const granted = await deps.accessTokens.read(tx, { account, audiences, claimsFor, at });
  const next = await advance(deps, tx, session, verdict, at);
  if (!next) return "lost";
  await deps.proofs.use(tx, presented.proof);
  return { grants: { ...granted, session: next } };
}

/** Brings the row to the generation that is answered; `undefined` where it has moved on meanwhile. */
async function advance(
  { refreshTokens, lifetimes }: SessionDeps,
  tx: Transaction,
  session: Session,
  verdict: Extract<RefreshVerdict, { act: "rotate" | "repeat" }>,
  at: number,
): Promise<Session | undefined> {
  if (verdict.act === "repeat") {
    const marked =
      verdict.mark === undefined || (await tx.sessions.markLate(session.id, session.gen, verdict.mark.streak));
    return marked ? session : undefined;
  }
  const idleEnd = Math.min(at + lifetimes.sessionIdle * 1000, session.absEnd);
  const change = { genAt: at, streak: verdict.streak, idleEnd, secretVersion: refreshTokens.newestSecret() };
  const rotated = await tx.sessions.rotate(session.id, session.gen, change);
  return rotated ? { ...session, ...change, gen: verdict.gen, late: false } : undefined;
}

async function endFor(
  { audit, proofs }: SessionDeps,
  tx: Transaction,
  session: Session,
  cause: "reuse" | "refresh_ahead",
  at: number,
  { gen, proof, caller }: Presented,
): Promise<Outcome> {
  if (!(await endSession(tx, session, at, cause))) return "lost";
  await audit.write(tx, {
    event: `session.${cause}`,
    at,
    by: caller,
    subject: session.accountId,
    session: session.id,
    detail: { client: session.clientId, generation: session.gen, presented: gen },
  });
  await proofs.use(tx, proof);
  return { refused: "invalid_grant", cause, written: true };
}
