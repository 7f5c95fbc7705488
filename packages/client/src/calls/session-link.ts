import type { Operation, TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import { ClientError } from "../errors.ts";
import { loadStreams } from "../streams/load-streams.ts";
import type { SubscriptionDeps } from "../streams/subscription.ts";
import { untilAborted } from "../until-aborted.ts";
import type { Departure } from "./departures.ts";
import { failedCall } from "./failed-call.ts";
import { laterCall } from "./later-call.ts";
import type { Next } from "./link-types.ts";

/** The link of a session: see `Session.link`. Each call of a batch is judged by itself. */
export function createSessionLink<Router extends AnyTRPCRouter>(deps: SubscriptionDeps): TRPCLink<Router> {
  const { recovery, departures, holder } = deps;
  /** Under whom a call began, written on it for when a link before this one makes it again. */
  const EPOCH = Symbol("epoch");
  return () =>
    ({ op, next }: { readonly op: Operation & { [EPOCH]?: number }; readonly next: Next<Router> }) => {
      if (op.type === "subscription")
        return laterCall(op, loadStreams, ({ subscribe }) => subscribe<Router>(deps, { op, next }));
      return observable((observer) => {
        const began = recovery.begin();
        op[EPOCH] ??= began.epoch;
        const epoch = op[EPOCH];
        // What is given up here does not leave either, however slow the links behind this one are.
        const own = new AbortController();
        const giveUp = () => own.abort(op.signal?.reason);
        let departure: Departure | undefined;
        let subscription: Unsubscribable | undefined;
        let isUnderWay = false;
        let isOver = false;

        const finish = () => {
          isOver = true;
          stopListening();
          op.signal?.removeEventListener("abort", giveUp);
          departure?.finish();
          subscription?.unsubscribe();
          if (isUnderWay) own.abort();
        };
        const send = () => {
          departure = departures.announce(op.path, epoch);
          isUnderWay = true;
          subscription = next({ ...op, signal: own.signal }).subscribe({
            next: (value) => observer.next(value),
            complete() {
              isUnderWay = false;
              observer.complete();
            },
            error(error) {
              isUnderWay = false;
              departure?.finish();
              untilAborted(recovery.recover(error, began), op.signal).then(
                (repeat) => {
                  if (isOver) return;
                  if (repeat) send();
                  else observer.error(error);
                },
                // What stands in the way of a new token says more than that the old one is none.
                fail,
              );
            },
          });
        };
        const fail = (cause: unknown) => {
          if (isOver) return;
          finish();
          failedCall<Router>(cause, op).subscribe(observer);
        };
        // One that has left is its account's, and is answered; one that has not would leave as somebody else's.
        const assertTheirs = () => {
          if (holder.epoch !== epoch && !departure?.hasLeft) fail(new ClientError("session_ended"));
        };
        const stopListening = holder.onHeld(assertTheirs);

        if (op.signal?.aborted) giveUp();
        op.signal?.addEventListener("abort", giveUp, { once: true });
        assertTheirs();
        if (!isOver) send();
        return finish;
      });
    };
}
