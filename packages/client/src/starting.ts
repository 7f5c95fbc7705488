import type { Ask } from "./ask.ts";
import type { Audiences } from "./audiences.ts";
import type { ClientWorld } from "./client-world.ts";
import { momentOf } from "./clock-skew.ts";
import { ClientError, type ClientReason } from "./errors.ts";
import type { Exclusive } from "./exclusive.ts";
import type { Holder } from "./holder.ts";
import type { Mode } from "./mode.ts";
import { judgeRefresh } from "./refresh.ts";
import { recordOf, type SessionRecord, tokenOf } from "./session-record.ts";
import type { SessionStore } from "./session-store.ts";

export interface StartingDeps {
  /** Id of this app. */
  readonly client: string;
  readonly mode: Mode["mode"];
  readonly ask: Ask;
  readonly audiences: Audiences;
  readonly store: SessionStore;
  readonly holder: Holder;
  readonly exclusive: Exclusive;
  readonly world: ClientWorld;
  /** Tells the server of what was signed out here. */
  readonly settle: () => Promise<void>;
}

/** Redeems a handoff: see `Session.start`. A session that it replaces ends. */
export function createStarting(deps: StartingDeps): (handoff: string) => Promise<void> {
  const { client, mode, ask, audiences, store, holder, exclusive, world, settle } = deps;

  async function redeem(handoff: string) {
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
  }

  /** A session that nobody wants. */
  async function discard(record: SessionRecord, reason: ClientReason, cause?: Error): Promise<never> {
    await store.bury(record);
    await settle();
    throw new ClientError(reason, { cause });
  }

  /** Takes the new session, unless it is of no use: then why. */
  async function take(handoff: string, epoch: number) {
    const { record, askedAt } = await redeem(handoff);
    if (holder.epoch !== epoch) return { record, reason: "session_ended" } as const;
    if (!tokenOf(record, audiences.own)) {
      return { record, reason: "invalid_target", cause: misaddressed(record, audiences) } as const;
    }
    const before = holder.held;
    const held = holder.hold(record, askedAt);
    await store.put(record, () => holder.held === held);
    return { record, before: before?.record };
  }

  return async (handoff) => {
    const { epoch } = holder;
    const { record, ...taken } = await exclusive(() => take(handoff, epoch));
    if ("reason" in taken) return await discard(record, taken.reason, taken.cause);
    const { before } = taken;
    if (!before || before.session === record.session) return;
    await store.bury(before);
    void settle();
  };
}

/** No token would ever be sent to the address that the server is known by here. */
function misaddressed(record: SessionRecord, { own }: Audiences): Error {
  return new Error(`the server at ${own} calls itself ${record.tokens[0]?.audience ?? "something else"}`);
}
