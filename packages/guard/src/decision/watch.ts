import type { Rounds } from "./rounds.ts";

/** Why a call may go on answering. */
export interface Holding {
  readonly rounds: Rounds;
  /** Rejects once the call would be let in no more, with the error that what it has opened ends with. */
  holds(): Promise<void>;
}

/**
 * Calls `end` once, when it holds no more, unless the function that this answers is called before. Where there is nothing
 * to hold, because anybody may call, that is never.
 */
export function watch(holding: Holding | null, end: (error: unknown) => void): () => void {
  if (holding === null) return () => undefined;
  let isAsking = false;
  let hasLeft = false;
  const stop = holding.rounds.join(() => {
    // Where a verifier has to ask, one question is enough.
    if (isAsking) return;
    isAsking = true;
    holding
      .holds()
      .then(
        () => {
          isAsking = false;
        },
        (error: unknown) => {
          if (hasLeft) return;
          leave();
          end(error);
        },
      )
      // Whose source fails while it is told to stop has stopped all the same, and nobody waits here for its error.
      .catch(() => undefined);
  });
  const leave = () => {
    hasLeft = true;
    stop();
  };
  return leave;
}
