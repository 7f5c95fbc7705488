import { ClientError, type ClientReason } from "../errors.ts";
import type { SessionStore } from "../keeping/session-store.ts";
import type { TokenRequestDeps } from "../renewal/token-request.ts";
import type { Holder } from "../session/holder.ts";
import type { SessionRecord } from "../session/session-record.ts";
import type { Exclusive } from "../tabs/exclusive.ts";
import { createRedeeming, misaddressed } from "./redeeming.ts";

export interface StartingDeps extends TokenRequestDeps {
  readonly store: SessionStore;
  readonly holder: Holder;
  readonly exclusive: Exclusive;
  /** Tells the server of what was signed out here. */
  readonly settle: () => Promise<void>;
}

/** Redeems a handoff: see `Session.start`. A session that it replaces ends. */
export function createStarting(deps: StartingDeps): (handoff: string) => Promise<void> {
  const { audiences, store, holder, exclusive, settle } = deps;
  const redeem = createRedeeming(deps);

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
    const cause = misaddressed(record, audiences);
    if (cause) return { record, reason: "invalid_target", cause } as const;
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
