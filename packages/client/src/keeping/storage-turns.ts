import type { ClientWorld } from "../client-world.ts";
import type { SessionWarning, StorageProblem } from "../session/session-state.ts";
import type { TokenStorage } from "./storage.ts";

/** How long storage may take for one piece of work, in milliseconds. */
export const PATIENCE_MS = 2_000;

type Operation = "get" | "set" | "remove";

/** The three methods, always asynchronous. */
export interface RawStorage {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/**
 * Does several things in storage without anything of this client in between. Resolves to `undefined` where storage threw or
 * takes too long, after a warning: the session goes on in memory.
 *
 * @param late is told what comes of it where it took too long, and comes to an end after all
 */
export type Turn = <T>(work: (storage: RawStorage) => Promise<T>, late?: (result: T) => void) => Promise<T | undefined>;

/** One turn at a time. While one hangs, others give up at once; when it goes on after all, it does so to its own end. */
export function createTurns(
  storage: TokenStorage,
  world: Pick<ClientWorld, "setTimer">,
  warn: (warning: SessionWarning) => void,
): Turn {
  let last: Promise<unknown> = Promise.resolve();
  let current: Operation = "get";
  let hangs = false;

  const doing = async <T>(operation: Operation, work: () => T | Promise<T>): Promise<T> => {
    current = operation;
    return await work();
  };
  const raw: RawStorage = {
    get: async (key) => (await doing("get", () => storage.get(key))) ?? null,
    set: (key, value) => doing("set", () => storage.set(key, value)),
    remove: (key) => doing("remove", () => storage.remove(key)),
  };
  // The error itself is not passed on: nobody knows what a storage of somebody else's writes into it.
  const trouble = (problem: StorageProblem) => warn({ kind: "storage", operation: current, problem });

  return <T>(work: (storage: RawStorage) => Promise<T>, late?: (result: T) => void) =>
    new Promise<T | undefined>((resolve) => {
      if (hangs) {
        trouble("too_slow");
        resolve(undefined);
        return;
      }
      let isLate = false;
      const cancel = world.setTimer(() => {
        hangs = true;
        isLate = true;
        trouble("too_slow");
        resolve(undefined);
      }, PATIENCE_MS);
      last = last
        .then(() => work(raw))
        .finally(() => {
          cancel();
          hangs = false;
        })
        .then(
          (result) => {
            resolve(result);
            if (isLate) late?.(result);
          },
          () => {
            trouble("failed");
            resolve(undefined);
          },
        );
    });
}
