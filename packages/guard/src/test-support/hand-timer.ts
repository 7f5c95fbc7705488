import type { Timer } from "../timer.ts";

/** Timers that run when a test says so. */
export interface HandTimer {
  readonly timer: Timer;
  /** How long what waits would wait, in milliseconds. */
  waiting(): number[];
  /** Runs what waits for so long, and answers how many that were. */
  fire(when: (ms: number) => boolean): number;
}

export function handTimer(): HandTimer {
  const entries = new Set<{ run: () => void; ms: number }>();
  return {
    timer(run, ms) {
      const entry = { run, ms };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    waiting: () => [...entries].map(({ ms }) => ms),
    fire(when) {
      const due = [...entries].filter(({ ms }) => when(ms));
      for (const entry of due) {
        entries.delete(entry);
        entry.run();
      }
      return due.length;
    },
  };
}
