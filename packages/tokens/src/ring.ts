import type { Algorithm } from "./keys.ts";

/** Times in a key's life, in milliseconds since the epoch; `null` while the step has not been taken. */
export interface KeyLife {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly publishedAt: number;
  /** Since when it signs. */
  readonly activatedAt: number | null;
  /** Since when it no longer signs. */
  readonly retiredAt: number | null;
}

export type KeyStatus = "next" | "current" | "previous" | "gone";

/** How long a retired key still verifies: the longest token life and the leeway, rounded up. */
export const PREVIOUS_MS = 20 * 60 * 1000;

/** Where a key stands in its life: published before it signs, verified after it has signed, then gone. */
export function statusOf(key: KeyLife, now: number): KeyStatus {
  if (key.retiredAt !== null) return now < key.retiredAt + PREVIOUS_MS ? "previous" : "gone";
  return key.activatedAt === null ? "next" : "current";
}
