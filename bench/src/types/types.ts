import { type ApiCost, createTypeCosts, type TypeCost } from "../../../packages/guard/src/test-support/type-cost.ts";
import type { Bench, Bound, Figure } from "../harness/bench.ts";
import { overRounds } from "../harness/statistics.ts";

const SIZES = [20, 200, 1000];
/** The bounds hold for the largest. */
const LARGEST = Math.max(...SIZES);

type Side = keyof ApiCost;
const bounds: Readonly<Record<Side, Bound>> = {
  server: { atMost: 1.35 },
  consumer: { atMost: 1.2 },
  sdk: { atMost: 1.2 },
};

/** What a guarded router costs the compiler, beside the same router on tRPC alone. */
export const types: Bench = {
  name: "types",
  question: "what does the guard cost the compiler, at the server and at a consumer?",
  async run({ rounds }) {
    await using costs = await createTypeCosts();
    const figures: Figure[] = [];
    for (const size of SIZES) {
      const found: { readonly bare: ApiCost; readonly guarded: ApiCost }[] = [];
      for (let round = 0; round < rounds; round++) {
        found.push({ bare: await costs.measure("bare", size), guarded: await costs.measure("guarded", size) });
      }
      figures.push(...(["server", "consumer", "sdk"] as const).flatMap((side) => figuresOf(size, side, found)));
    }
    return { figures, notes: ["one thread, so that nothing is counted once for each"] };
  },
};

function figuresOf(
  size: number,
  side: Side,
  found: readonly { readonly bare: ApiCost; readonly guarded: ApiCost }[],
): Figure[] {
  const name = `${size} procedures, ${side}`;
  // On tRPC alone a consumer calls by tRPC alone.
  const beside = side === "sdk" ? "consumer" : side;
  const of = (what: string, unit: Figure["unit"], kind: "bare" | "guarded", read: (cost: TypeCost) => number) =>
    overRounds(
      `${name}, ${kind}, ${what}`,
      unit,
      found.map((round) => read(round[kind][kind === "bare" ? beside : side])),
    );
  const ratio = (what: string, read: (cost: TypeCost) => number): Figure => {
    const figure = overRounds(
      `${name}, ${what}, guarded / bare`,
      "times",
      found.map(({ bare, guarded }) => read(guarded[side]) / read(bare[beside])),
    );
    return size === LARGEST ? { ...figure, toReach: bounds[side] } : figure;
  };
  const instantiations = (cost: TypeCost) => cost.instantiations;
  const checkMs = (cost: TypeCost) => cost.checkMs;
  return [
    of("instantiations", "", "bare", instantiations),
    of("instantiations", "", "guarded", instantiations),
    ratio("instantiations", instantiations),
    of("check time", "ms", "bare", checkMs),
    of("check time", "ms", "guarded", checkMs),
    ratio("check time", checkMs),
  ];
}
