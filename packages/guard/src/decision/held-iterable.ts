import { disclaimed } from "../refusal/refused-call.ts";
import { type Holding, watch } from "./watch.ts";

/**
 * Lets an async iterable through for as long as its call would be let in. `within` makes of each value what is handed on.
 *
 * It is begun and looked after from the moment that somebody reads it: tRPC drops one that its response cannot carry without
 * a word. Whether it still holds is asked then, too.
 */
export function heldIterable(
  stream: AsyncIterable<unknown>,
  holding: Holding | null,
  within: (value: unknown) => unknown,
): AsyncIterableIterator<unknown> {
  let iterator: AsyncIterator<unknown> | undefined;
  let begun: Promise<void> | undefined;
  let isLeft = false;
  let unwatch: (() => void) | undefined;
  let ended: { readonly error: unknown } | undefined;
  let interrupt: ((error: unknown) => void) | undefined;

  const source = () => (iterator ??= stream[Symbol.asyncIterator]());
  function leave(): void {
    isLeft = true;
    unwatch?.();
  }
  function end(error: unknown): void {
    ended = { error };
    interrupt?.(error);
    // It may be waiting for its next value, and stops there.
    disclaimed(() => source().return?.()).catch(() => undefined);
  }
  async function begin(): Promise<void> {
    try {
      await holding?.holds();
    } catch (error) {
      end(error);
      throw error;
    }
    if (!isLeft) unwatch = watch(holding, end);
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      begun ??= begin();
      await begun;
      if (ended) throw ended.error;
      // A promise of its own for each step: one that lives as long as the stream would gather what waits for it.
      const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<unknown>>();
      interrupt = reject;
      disclaimed(() => source().next()).then(resolve, reject);
      try {
        const { done = false, value } = await promise;
        if (done) leave();
        return { done, value: within(value) };
      } catch (error) {
        leave();
        throw error;
      }
    },
    async return(value?: unknown) {
      leave();
      // Ended, it was told already, and may never answer: a generator that waits does not hear of it.
      const answer = ended ? undefined : await disclaimed(() => source().return?.(value));
      return answer ?? { done: true, value };
    },
  };
}
