import type { ClientWorld } from "../client-world.ts";

const EARLIEST = 0.6;
const LATEST = 0.85;

/** Sooner than this nothing is renewed by the clock, only when somebody calls: so the shortest life makes no loop. */
export const SOONEST_MS = 5_000;

/**
 * When a token is due to be renewed: at a random 60 to 85 % of its life, so that nobody can aim at the moment.
 *
 * @returns milliseconds of its life
 */
export function dueAfter(life: number, world: Pick<ClientWorld, "random">): number {
  return life * (EARLIEST + (LATEST - EARLIEST) * world.random());
}

/** One timer at a time, which keeps no program alive. */
export interface Schedule {
  /** Calls back after so many milliseconds, instead of what was planned before. */
  plan(wait: number, callback: () => void): void;
  clear(): void;
  /** Plans nothing any more. */
  dispose(): void;
}

export function createSchedule(world: Pick<ClientWorld, "setTimer">): Schedule {
  let cancel: (() => void) | undefined;
  let disposed = false;
  const clear = () => {
    cancel?.();
    cancel = undefined;
  };
  return {
    plan(wait, callback) {
      clear();
      if (!disposed) cancel = world.setTimer(callback, wait, true);
    },
    clear,
    dispose() {
      disposed = true;
      clear();
    },
  };
}
