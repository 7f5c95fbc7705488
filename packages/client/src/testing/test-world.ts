import { type ClientWorld, systemClientWorld } from "../client-world.ts";

/** The machine's clocks, which a test may set, and its timers. */
export interface TestWorld extends ClientWorld {
  /** Sets the wall clock, as its owner or a time server does. */
  setClock(milliseconds: number): void;
  /** Time goes by on both clocks. */
  pass(milliseconds: number): void;
}

/** Pauses between attempts are shorter than this, in milliseconds; every other wait is longer. */
const LONGEST_PAUSE_MS = 2_000;

/** @param pace how much faster than told the pauses between attempts go by */
export function createTestWorld({ random = 0, pace = 1 } = {}): TestWorld {
  let wall = 0;
  let monotonic = 0;
  return {
    ...systemClientWorld,
    setTimer: (callback, wait, background) =>
      systemClientWorld.setTimer(callback, wait < LONGEST_PAUSE_MS ? wait / pace : wait, background),
    now: () => systemClientWorld.now() + wall,
    monotonic: () => systemClientWorld.monotonic() + monotonic,
    random: () => random,
    setClock: (milliseconds) => {
      wall += milliseconds;
    },
    pass: (milliseconds) => {
      wall += milliseconds;
      monotonic += milliseconds;
    },
  };
}

/** Clocks and timers that move only when a test moves them. */
export interface StillWorld extends ClientWorld {
  /** When the timers that are set go off, in milliseconds from now. */
  readonly timers: readonly number[];
  /** Time goes by; what is due on the way goes off in its turn. */
  pass(milliseconds: number): void;
}

export function createStillWorld(random = 0): StillWorld {
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  let time = 0;
  const next = (until: number) => [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => 1_700_000_000_000 + time,
    monotonic: () => time,
    random: () => random,
    setTimer(callback, milliseconds) {
      const timer = { at: time + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get timers() {
      return [...timers].map(({ at }) => at - time);
    },
    pass(milliseconds) {
      const until = time + milliseconds;
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer);
        time = timer.at;
        timer.callback();
      }
      time = until;
    },
  };
}
