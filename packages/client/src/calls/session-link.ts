import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import { ClientError } from "../errors.ts";
import { loadStreams } from "../streams/load-streams.ts";
import type { SubscriptionDeps } from "../streams/subscription.ts";
import { untilAborted } from "../until-aborted.ts";
import type { Departure } from "./departures.ts";
import { failedCall } from "./failed-call.ts";
import { laterCall } from "./later-call.ts";

/** The link of a session: see `Session.link`. Each call of a batch is judged by itself. */
export function createSessionLink<Router extends AnyTRPCRouter>(deps: SubscriptionDeps): TRPCLink<Router> {
  const { recovery, departures, holder } = deps;
  return () =>
    ({ op, next }) => {
      if (op.type === "subscription")
        return laterCall(op, loadStreams, ({ subscribe }) => subscribe<Router>(deps, { op, next }));
      return observable((observer) => {
        const began = recovery.begin();
        let departure: Departure | undefined;
        let subscription: Unsubscribable | undefined;
        let isOver = false;

        const finish = () => {
          isOver = true;
          stopListening();
          departure?.finish();
          subscription?.unsubscribe();
        };
        const send = () => {
          departure = departures.announce(op.path, began.epoch);
          subscription = next(op).subscribe({
            next: (value) => observer.next(value),
            complete: () => observer.complete(),
            error(error) {
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
        const stopListening = holder.onHeld(() => {
          if (holder.epoch !== began.epoch && departure?.hasLeft === false) fail(new ClientError("session_ended"));
        });

        send();
        return finish;
      });
    };
}
