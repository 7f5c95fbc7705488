/** Everything that the client would otherwise take from its surroundings. A test may hold its clocks still. */
export interface ClientWorld {
  /** Wall-clock time in milliseconds since the epoch. It may jump. */
  now(): number;
  /** Milliseconds from a clock that never runs backwards, and may stand still while the machine sleeps. */
  monotonic(): number;
  /** A number from 0 to below 1, for jitter only: nothing secret is made of it. */
  random(): number;
  /**
   * Calls back once, after so many milliseconds.
   *
   * @param background whether a program may end before that
   * @returns how to cancel it
   */
  setTimer(callback: () => void, milliseconds: number, background?: boolean): () => void;
}

/** The longest delay that timers know; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clocks and timers. The only place in this package that reads them. */
export const systemClientWorld: ClientWorld = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  setTimer(callback, milliseconds, background = false) {
    const timer: unknown = setTimeout(callback, Math.min(milliseconds, LONGEST_MS));
    if (background && isUnrefable(timer)) timer.unref();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** Node's timers are objects that can let the process go; a browser's are numbers. */
function isUnrefable(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function";
}
