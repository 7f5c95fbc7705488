import type { World } from "@countersign/tokens";
import type { Queries } from "../store/store.ts";

/** Database time between two questions to the database, so that instances with wrong clocks agree. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Asks the database again. Network time is halved, so the error is at most half of it. */
  measure(): Promise<void>;
}

export function createClock({ store, world }: { store: Pick<Queries, "now">; world: World }): Clock {
  let offset = 0;
  return {
    now: () => world.now() + offset,
    measure: async () => {
      const asked = world.now();
      const there = await store.now();
      offset = Math.round(there - (asked + world.now()) / 2);
    },
  };
}
