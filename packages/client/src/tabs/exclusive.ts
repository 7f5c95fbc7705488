import type { ClientWorld } from "../client-world.ts";
import type { Locks } from "../page.ts";

/** Does one piece of work at a time: in this page always, among the pages of its origin as far as that can be had. */
export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

export interface ExclusiveOptions {
  /** Of what only one may be under way. */
  readonly name: string;
  /** How long to wait for other pages, in milliseconds: longer than the longest that honest work takes. */
  readonly patience: number;
  readonly locks: Locks | undefined;
  readonly world: Pick<ClientWorld, "setTimer">;
}

/**
 * Other pages may be frozen while they hold the lock, and some browsers have none: so the wait is bounded, and work that
 * could not get the lock is done without it. Nothing may depend on it but order.
 */
export function createExclusive({ name, patience, locks, world }: ExclusiveOptions): Exclusive {
  let last: Promise<unknown> = Promise.resolve();

  /** Waits for the lock as long as there is patience. @returns how to let it go */
  function acquire(from: Locks): Promise<() => void> {
    return new Promise((resolve) => {
      const giveUp = new AbortController();
      const cancel = world.setTimer(() => giveUp.abort(), patience);
      const held = () =>
        new Promise<void>((release) => {
          cancel();
          resolve(release);
        });
      from
        .request(name, { signal: giveUp.signal }, held)
        .catch(() => undefined)
        .finally(() => {
          cancel();
          resolve(() => undefined);
        });
    });
  }

  return (work) => {
    const done = last.then(async () => {
      const release = locks ? await acquire(locks) : undefined;
      try {
        return await work();
      } finally {
        release?.();
      }
    });
    last = done.catch(() => undefined);
    return done;
  };
}
