import type { Ask } from "./ask.ts";
import type { Audiences } from "./audiences.ts";
import type { ClientWorld } from "./client-world.ts";
import { type Moment, momentOf } from "./clock-skew.ts";
import type { Mode } from "./mode.ts";
import { judgeRefresh } from "./refresh.ts";
import { recordOf, type SessionRecord, tokenOf } from "./session-record.ts";

export interface RedeemingDeps {
  /** Id of this app. */
  readonly client: string;
  readonly mode: Mode["mode"];
  readonly ask: Ask;
  readonly audiences: Audiences;
  readonly world: ClientWorld;
}

/** A session that has just started, and when it was asked for. */
export interface Redeemed {
  readonly record: SessionRecord;
  readonly askedAt: Moment;
}

/** Redeems a handoff for a session with tokens for as many of the audiences as the server knows. */
export function createRedeeming({ client, mode, ask, audiences, world }: RedeemingDeps) {
  return async (handoff: string): Promise<Redeemed> => {
    const lists = audiences.lists(undefined, undefined);
    for (let at = 0; ; at += 1) {
      const list = lists[at] ?? [];
      const next = lists[at + 1];
      const askedAt = momentOf(world);
      const outcome = judgeRefresh(await ask("start", { client, handoff, ...audiences.named(list) }), mode);
      if (outcome.kind === "renewed") return { record: recordOf(outcome.reply, askedAt.wall), askedAt };
      // A refused handoff is still good, so what the server does not know can be left out.
      if (outcome.kind !== "refused" || outcome.reason !== "invalid_target" || !next) throw outcome.error;
      audiences.refused(list.filter((one) => !next.includes(one)));
    }
  };
}

/** What is wrong where no token would ever be sent to the address that the server is known by here. */
export function misaddressed(record: SessionRecord, { own }: Audiences): Error | undefined {
  if (tokenOf(record, own)) return undefined;
  return new Error(`the server at ${own} calls itself ${record.tokens[0]?.audience ?? "something else"}`);
}
