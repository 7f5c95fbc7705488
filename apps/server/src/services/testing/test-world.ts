import { systemWorld, type World } from "@countersign/tokens";

/** A clock that moves only when it is told to. Randomness is real. */
export interface TestWorld extends World {
  advance(milliseconds: number): void;
}

export function createTestWorld(start = Date.UTC(2030, 0, 1, 12)): TestWorld {
  let now = start;
  return {
    now: () => now,
    random: (bytes) => systemWorld.random(bytes),
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}
