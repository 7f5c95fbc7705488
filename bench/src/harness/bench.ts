/** A number that a bench found. Where rounds were run it is their median. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "MB" | "/s" | "times" | "%" | "";
  readonly rounds?: readonly number[];
  /** What it should be. */
  readonly toReach?: Bound;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

export interface Result {
  readonly figures: readonly Figure[];
  /** What was different from what the README says: a contestant that is missing, a process that is not pinned. */
  readonly notes: readonly string[];
}

export interface RunOptions {
  /** How often everything is measured, in processes that are new each time. */
  readonly rounds: number;
  /** How long one measurement takes. */
  readonly seconds: number;
  /** How long a new process is warmed up before it is measured, in seconds. */
  readonly warmUp: number;
  /** Whether a contestant of this name takes part. */
  readonly takesPart: (name: string) => boolean;
}

export interface Bench {
  readonly name: string;
  readonly question: string;
  run(options: RunOptions): Promise<Result>;
}

export function isReached(value: number, bound: Bound): boolean {
  return "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
}
