import type { Figure } from "./bench.ts";

/** The value below which this share of the samples lies, by the nearest rank. `share` is between 0 and 1. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The figure of several rounds: their median, and each of them. */
export function overRounds(name: string, unit: Figure["unit"], rounds: readonly number[]): Figure {
  return { name, unit, value: median(rounds), rounds };
}
