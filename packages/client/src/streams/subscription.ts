import { type Operation, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { Departures } from "../calls/departures.ts";
import type { Answers, Next } from "../calls/link-types.ts";
import type { Recovery } from "../calls/recovery.ts";
import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import type { Holder } from "../session/holder.ts";

export interface SubscriptionDeps {
  readonly recovery: Recovery;
  readonly departures: Departures;
  readonly holder: Pick<Holder, "held" | "epoch" | "renewals" | "onHeld">;
  readonly world: Pick<ClientWorld, "monotonic">;
}

/** A stream that lived so long, in milliseconds, may be opened again as if it were the first. */
const LIVED_MS = 5_000;

/** One connection of a subscription. */
interface Stream {
  isOpen: boolean;
  /** What its events come from, as tRPC's link tells. */
  source?: unknown;
  readonly since: number;
  readonly renewals: number;
  subscription?: Unsubscribable;
  close(): void;
}

/**
 * A subscription that outlives its tokens. Each new token opens a successor, which goes on after the last event, and the
 * stream of before is closed once the successor is open. Where that was not in time, the guard ends the stream with a reason
 * and it is opened again from there. A session that is over ends it for good.
 *
 * Position is what `tracked()` names. Without it events may be missed or come twice while streams change.
 */
export function subscribe<Router extends AnyTRPCRouter>(
  { recovery, departures, holder, world }: SubscriptionDeps,
  { op, next }: { readonly op: Operation; readonly next: Next<Router> },
): Answers<Router> {
  return observable((observer) => {
    let began = recovery.begin();
    let lastId: string | undefined;
    let current: Stream | undefined;
    let successor: Stream | undefined;
    /** What came while a successor was on its way: it may bring that again. */
    const meanwhile = new Set<string>();
    let isStarted = false;
    let isOver = false;

    const finish = (end: () => void) => {
      if (isOver) return;
      isOver = true;
      stopListening();
      current?.close();
      successor?.close();
      end();
    };
    const fail = (error: Error) => finish(() => observer.error(TRPCClientError.from(error)));

    const promote = (stream: Stream) => {
      stream.isOpen = true;
      if (stream !== successor) return;
      const former = current;
      current = stream;
      successor = undefined;
      // A stream that is closed completes at once, and is nobody's by then.
      former?.close();
      succeed();
    };

    /** Opens a successor where there is a token that the stream was not opened with. */
    const succeed = () => {
      if (!current?.isOpen || successor || holder.renewals === current.renewals) return;
      meanwhile.clear();
      successor = open();
    };

    const open = (): Stream => {
      const departure = departures.announce(op.path, began.epoch);
      const stream: Stream = {
        isOpen: false,
        since: world.monotonic(),
        renewals: holder.renewals,
        close() {
          departure.finish();
          stream.subscription?.unsubscribe();
        },
      };
      // Told of nothing before this has returned: whoever is told asks which stream it was.
      queueMicrotask(() => {
        if (isOver || (stream !== current && stream !== successor)) return;
        stream.subscription = next({ ...op, input: after(op.input, lastId) }).subscribe({
          next(value) {
            const { result } = value;
            if (result.type === "state" || result.type === "stopped") {
              if (stream === current && !isStarted) observer.next(value);
              return;
            }
            stream.source = value.context?.["eventSource"];
            promote(stream);
            if (stream !== current) return;
            if (result.type === "started") {
              if (!isStarted) observer.next(value);
              isStarted = true;
              return;
            }
            const id = "id" in result ? (result.id as string | undefined) : undefined;
            if (id !== undefined) {
              if (meanwhile.delete(id)) return;
              if (successor) meanwhile.add(id);
              lastId = id;
            }
            observer.next(value);
          },
          complete() {
            if (stream === current) finish(() => observer.complete());
          },
          error: (error) => lost(stream, error),
        });
      });
      return stream;
    };

    const lost = (stream: Stream, error: Error) => {
      if (isOver) return;
      if (stream === successor) successor = undefined;
      else if (stream === current) current = undefined;
      stream.close();
      // The other one goes on.
      if (current || successor) return;
      if (stream.isOpen && world.monotonic() - stream.since >= LIVED_MS) {
        began = { ...recovery.begin(), epoch: began.epoch, renewals: stream.renewals };
      }
      recovery.recover(error, began, stream).then(
        (repeat) => {
          if (isOver) return;
          if (repeat) current = open();
          else fail(error);
        },
        (failure: Error) => fail(failure),
      );
    };

    const stopListening = holder.onHeld(() => {
      if (holder.epoch !== began.epoch || (current?.isOpen && !holder.held)) fail(new ClientError("session_ended"));
      else succeed();
    });

    op.signal?.addEventListener("abort", () => finish(() => observer.complete()), { once: true });
    current = open();
    return () => finish(() => undefined);
  });
}

/** The input with the position to go on from, as tRPC's own links name it. */
function after(input: unknown, lastEventId: string | undefined): unknown {
  if (lastEventId === undefined) return input;
  return { ...(typeof input === "object" ? input : {}), lastEventId };
}
