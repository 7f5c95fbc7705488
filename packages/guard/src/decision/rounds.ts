import { runtimeTimer, type Timer } from "../timer.ts";
import type { Verifier } from "../verify/verifier.ts";

/** How often what is open is judged, where nobody tells that something has changed, in milliseconds. */
const ROUND_MS = 1_000;

/** Comes by at whatever is open. */
export interface Rounds {
  /** `check` is called at each round, until the function that this answers is called. */
  join(check: () => void): () => void;
}

/** A round each second, and at once where the verifier tells of a change. Nothing runs while nothing is open. */
export function createRounds(verifier: Pick<Verifier, "watch">, timer: Timer = runtimeTimer): Rounds {
  const checks = new Set<() => void>();
  let stop: (() => void) | undefined;

  const round = () => {
    for (const check of checks) check();
  };
  function start(): () => void {
    let cancel: () => void;
    const again = () => {
      cancel = timer(again, ROUND_MS);
      round();
    };
    cancel = timer(again, ROUND_MS);
    const unwatch = verifier.watch?.(round);
    return () => {
      cancel();
      unwatch?.();
    };
  }

  return {
    join(check) {
      checks.add(check);
      stop ??= start();
      return () => {
        checks.delete(check);
        if (checks.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}
