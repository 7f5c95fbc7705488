import { TRPCClientError, type TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { Departures } from "./departures.ts";
import type { Recovery } from "./recovery.ts";
import { untilAborted } from "./until-aborted.ts";

export interface SessionLinkDeps {
  readonly recovery: Recovery;
  readonly departures: Departures;
}

/**
 * The link of a session: see `Session.link`. Each call of a batch is judged by itself. A subscription is repeated only
 * before its first value: after that, nobody knows what was missed.
 */
export function createSessionLink<Router extends AnyTRPCRouter>({
  recovery,
  departures,
}: SessionLinkDeps): TRPCLink<Router> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const began = recovery.begin();
        let subscription: Unsubscribable | undefined;
        let takeBack = () => {};
        let mayRepeat = true;
        let isOver = false;

        const send = () => {
          takeBack = departures.announce(op.path, began.epoch);
          subscription = next(op).subscribe({
            next(value) {
              if (value.result.type === "data" || value.result.type === undefined) mayRepeat = false;
              observer.next(value);
            },
            complete: () => observer.complete(),
            error(error) {
              takeBack();
              if (!mayRepeat) return observer.error(error);
              untilAborted(recovery.recover(error, began), op.signal).then(
                (repeat) => {
                  if (isOver) return;
                  if (repeat) send();
                  else observer.error(error);
                },
                // What stands in the way of a new token says more than that the old one is none.
                (failure: Error) => observer.error(TRPCClientError.from(failure)),
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
}
