import type { Figure, RunOptions } from "../harness/bench.ts";
import { closedLoop } from "../harness/closed-loop.ts";
import { pacedCalls } from "../harness/paced-calls.ts";
import { median, overRounds, quantile } from "../harness/statistics.ts";
import { createMint } from "../harness/tokens.ts";
import { type Contestant, guarded } from "./contestants.ts";
import { startContestant } from "./start-contestant.ts";

/** Calls per second: few enough that none waits for another. */
const PER_SECOND = 100;

/** How long the first call of a token takes, whose signature has to be checked, and how long any later one. */
export async function firstCalls(options: RunOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const contestant of guarded.filter(({ name }) => options.takesPart(name)))
    figures.push(...(await firstCallsOf(contestant, options)));
  return figures;
}

async function firstCallsOf(contestant: Contestant, { rounds, warmUp, seconds }: RunOptions): Promise<Figure[]> {
  const found: { readonly first: readonly number[]; readonly later: readonly number[] }[] = [];
  for (let round = 0; round < rounds; round++) {
    const mint = await createMint();
    await using server = await startContestant(contestant, mint);
    await closedLoop(server.url, server.credential, warmUp);
    const calls = { url: server.url, perSecond: PER_SECOND, seconds };
    const later = await pacedCalls({ ...calls, tokens: [server.credential] });
    const first = await pacedCalls({ ...calls, tokens: await mint.good(PER_SECOND * seconds) });
    found.push({ first: first.map(({ latency }) => latency), later: later.map(({ latency }) => latency) });
  }
  const figure = (which: "first" | "later", called: string) => [
    overRounds(
      `${contestant.name}, ${called}, median`,
      "ms",
      found.map((round) => median(round[which])),
    ),
    overRounds(
      `${contestant.name}, ${called}, p99`,
      "ms",
      found.map((round) => quantile(round[which], 0.99)),
    ),
  ];
  return [...figure("later", "call with a known token"), ...figure("first", "first call of a token")];
}
