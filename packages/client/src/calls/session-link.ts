import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import { loadStreams } from "../streams/load-streams.ts";
import type { SubscriptionDeps } from "../streams/subscription.ts";
import { failedCall } from "./failed-call.ts";
import { laterCall } from "./later-call.ts";
import { untilAborted } from "./until-aborted.ts";

/** The link of a session: see `Session.link`. Each call of a batch is judged by itself. */
export function createSessionLink<Router extends AnyTRPCRouter>(deps: SubscriptionDeps): TRPCLink<Router> {
  const { recovery, departures } = deps;
  return () =>
    ({ op, next }) => {
      if (op.type === "subscription")
        return laterCall(op, loadStreams, ({ subscribe }) => subscribe<Router>(deps, { op, next }));
      return observable((observer) => {
        const began = recovery.begin();
        let subscription: Unsubscribable | undefined;
        let takeBack = () => {};
        let isOver = false;

        const send = () => {
          takeBack = departures.announce(op.path, began.epoch);
          subscription = next(op).subscribe({
            next: (value) => observer.next(value),
            complete: () => observer.complete(),
            error(error) {
              takeBack();
              untilAborted(recovery.recover(error, began), op.signal).then(
                (repeat) => {
                  if (isOver) return;
                  if (repeat) send();
                  else observer.error(error);
                },
                // What stands in the way of a new token says more than that the old one is none.
                (failure: unknown) => void failedCall<Router>(failure, op).subscribe(observer),
              );
            },
          });
        };

        send();
        return () => {
          isOver = true;
          takeBack();
          subscription?.unsubscribe();
        };
      });
    };
}
