import type { World } from "@countersign/tokens";

/** The shortest and the longest wait between two attempts, in milliseconds. */
const LEAST_MS = 500;
const MOST_MS = 30_000;

/** How long to wait before the next attempt, after so many in vain, in milliseconds; longer where the issuer asks for it. */
export type Backoff = (failures: number, asked?: number) => number;

/**
 * Waits that double, of which chance takes up to a half: guards that lost one issuer do not come back at one moment. What
 * the issuer asks for holds up to the longest wait.
 */
export function createBackoff(random: World["random"]): Backoff {
  return (failures, asked = 0) => {
    const doubled = LEAST_MS * 2 ** Math.min(failures, 10);
    const wait = Math.min(MOST_MS, Math.max(doubled, asked));
    const [chance = 0] = new Uint32Array(random(4).buffer);
    return Math.round(wait * (0.5 + chance / 2 ** 33));
  };
}
