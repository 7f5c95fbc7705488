import type { Bench, Bound, Figure, RunOptions } from "../harness/bench.ts";
import { closedLoop, generatorNotes } from "../harness/closed-loop.ts";
import { pinningNotes } from "../harness/cores.ts";
import { median, overRounds } from "../harness/statistics.ts";
import { createMint } from "../harness/tokens.ts";
import { type Contestant, contestantNotes, contestants } from "./contestants.ts";
import { firstCalls } from "./first-calls.ts";
import { type RunningContestant, startContestant } from "./start-contestant.ts";

/** What is compared: how many times as fast the first is as the second, in the same round. */
const comparisons: readonly { readonly of: string; readonly to: string; readonly toReach: Bound }[] = [
  { of: "guarded-official", to: "unguarded-official", toReach: { atLeast: 0.9 } },
  // What is missing to 1 is the guard's own: at most 5 % of the call. The rest tRPC takes for any middleware.
  { of: "guarded-official", to: "middleware-official", toReach: { atLeast: 0.95 } },
  { of: "guarded-straight", to: "trpc-jose", toReach: { atLeast: 6 } },
  { of: "guarded-straight", to: "fastapi", toReach: { atLeast: 2 } },
  { of: "guarded-straight", to: "better-auth", toReach: { atLeast: 15 } },
  { of: "guarded-straight", to: "fastify-jwt-cached", toReach: { atLeast: 0.5 } },
];

/** Requests per second of one protected query with one token, as everybody serves it. */
export const protectedCall: Bench = {
  name: "protected-call",
  question: "what does a protected query cost, beside what people would take instead?",
  async run(options) {
    const chosen = contestants.filter(({ name }) => options.takesPart(name));
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round++) rounds.push(await measure(chosen, options));
    return {
      figures: [
        ...chosen.map(({ name }) => overRounds(name, "/s", rounds.map(ratesOf(name)).map(median))),
        ...comparisons.flatMap((comparison) => compare(rounds, comparison)),
        ...(await firstCalls(options)),
      ],
      notes: [...generatorNotes(), ...pinningNotes(), ...contestantNotes()],
    };
  },
};

/** What each answered in each of its seconds. */
type Round = ReadonlyMap<string, number[]>;

const ratesOf = (name: string) => (round: Round) => round.get(name) ?? [];

/**
 * All are started and warmed up, and then asked for a second at a time, each in its turn: so that whatever slows the machine
 * for some seconds slows all of them. What a second's stall does to one of them, the median leaves out.
 */
async function measure(chosen: readonly Contestant[], { warmUp, seconds }: RunOptions): Promise<Round> {
  const mint = await createMint();
  await using programs = new AsyncDisposableStack();
  const servers = new Map<string, RunningContestant>();
  for (const each of chosen) servers.set(each.name, programs.use(await startContestant(each, mint)));
  for (const { url, credential } of servers.values()) await closedLoop(url, credential, warmUp);
  const rates = new Map(chosen.map(({ name }): [string, number[]] => [name, []]));
  for (let turn = 0; turn < seconds; turn++)
    for (const [name, { url, credential }] of servers) rates.get(name)?.push(await closedLoop(url, credential, 1));
  return rates;
}

/** Second by second. Nothing where one of the two could not run here. */
function compare(rounds: readonly Round[], { of, to, toReach }: (typeof comparisons)[number]): Figure[] {
  const ratios = rounds.map((round) => {
    const others = ratesOf(to)(round);
    return ratesOf(of)(round).flatMap((rate, turn) => (others[turn] ? rate / others[turn] : []));
  });
  if (!ratios.every(({ length }) => length > 0)) return [];
  return [{ ...overRounds(`${of} / ${to}`, "times", ratios.map(median)), toReach }];
}
