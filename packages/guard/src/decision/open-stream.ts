import { isObservable, type Observable, observable } from "@trpc/server/observable";
import { isAsyncIterable } from "../refusal/refused-call.ts";
import type { Rounds } from "./rounds.ts";

export interface Holding {
  readonly rounds: Rounds;
  /** Rejects once the call would be let in no more, with the error that its stream ends with. */
  holds(): Promise<void>;
}

/** What a subscription answers, in either form. */
export type Stream = AsyncIterable<unknown> | Observable<unknown, unknown>;

export function isStream(data: unknown): data is Stream {
  return isAsyncIterable(data) || isObservable(data);
}

/**
 * Lets a stream through for as long as its call would be let in: it ends then with the error that says why, and its
 * source is told to stop.
 */
export function whileItHolds(stream: Stream, holding: Holding): Stream {
  if (isAsyncIterable(stream)) return streamWhileItHolds(stream, holding);
  return observable((observer) => {
    const source = stream.subscribe(observer);
    const leave = watch(holding, (error) => observer.error(error));
    return () => {
      leave();
      source.unsubscribe();
    };
  });
}

/** Calls `end` once, when it holds no more. */
function watch({ rounds, holds }: Holding, end: (error: unknown) => void): () => void {
  let isAsking = false;
  let hasLeft = false;
  const stop = rounds.join(() => {
    // Where a verifier has to ask, one question is enough.
    if (isAsking) return;
    isAsking = true;
    holds().then(
      () => {
        isAsking = false;
      },
      (error: unknown) => {
        if (hasLeft) return;
        leave();
        end(error);
      },
    );
  });
  const leave = () => {
    hasLeft = true;
    stop();
  };
  return leave;
}

function streamWhileItHolds(stream: AsyncIterable<unknown>, holding: Holding): AsyncIterableIterator<unknown> {
  const source = stream[Symbol.asyncIterator]();
  let ended: { readonly error: unknown } | undefined;
  let interrupt: ((error: unknown) => void) | undefined;
  const leave = watch(holding, (error) => {
    ended = { error };
    interrupt?.(error);
    // It may be waiting for its next value, and stops there.
    source.return?.().catch(() => undefined);
  });

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended) throw ended.error;
      // A promise of its own for each step: one that lives as long as the stream would gather what waits for it.
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown>>();
      interrupt = reject;
      source.next().then(resolve, reject);
      try {
        const step = await promise;
        if (step.done) leave();
        return step;
      } catch (error) {
        leave();
        throw error;
      }
    },
    async return(value?: unknown) {
      leave();
      return (await source.return?.(value)) ?? { done: true, value };
    },
  };
}
