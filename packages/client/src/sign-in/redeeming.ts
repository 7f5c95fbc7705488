import { createTokenRequest, type TokenRequestDeps } from "../renewal/token-request.ts";
import type { Audiences } from "../session/audiences.ts";
import type { Moment } from "../session/clock-skew.ts";
import { recordOf, type SessionRecord, tokenOf } from "../session/session-record.ts";

/** A session that has just started, and when it was asked for. */
export interface Redeemed {
  readonly record: SessionRecord;
  readonly askedAt: Moment;
}

/** Redeems a handoff for a session with tokens for as many of the audiences as the server knows. */
export function createRedeeming(deps: TokenRequestDeps) {
  const request = createTokenRequest(deps);
  return async (handoff: string): Promise<Redeemed> => {
    const { outcome, askedAt } = await request("start", { handoff }, deps.audiences.lists(undefined, undefined));
    if (outcome.kind !== "renewed") throw outcome.error;
    return { record: recordOf(outcome.reply, askedAt.wall), askedAt };
  };
}

/** What is wrong where no token would ever be sent to the address that the server is known by here. */
export function misaddressed(record: SessionRecord, { own }: Audiences): Error | undefined {
  if (tokenOf(record, own)) return undefined;
  return new Error(`the server at ${own} calls itself ${record.tokens[0]?.audience ?? "something else"}`);
}
