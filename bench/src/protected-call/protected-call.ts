import type { Bench, Bound, Figure, RunOptions } from "../harness/bench.ts";
import { closedLoop, generatorNotes } from "../harness/closed-loop.ts";
import { pinningNotes } from "../harness/cores.ts";
import { overRounds } from "../harness/statistics.ts";
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
    const rates: Rates = new Map(chosen.map(({ name }) => [name, []]));
    for (let round = 0; round < options.rounds; round++) {
      const found = await measure(chosen, options);
      for (const { name } of chosen) rates.get(name)?.push(found.get(name) ?? Number.NaN);
    }
    return {
      figures: [
        ...[...rates].map(([name, rounds]) => overRounds(name, "/s", rounds)),
        ...comparisons.flatMap((comparison) => compare(rates, comparison)),
        ...(await firstCalls(options)),
      ],
      notes: [...generatorNotes(), ...pinningNotes(), ...contestantNotes()],
    };
  },
};

type Rates = ReadonlyMap<string, number[]>;

/**
 * All are started and warmed up, and then asked for a second at a time, each in its turn: so that whatever slows the machine
 * for some seconds slows all of them.
 */
async function measure(chosen: readonly Contestant[], { warmUp, seconds }: RunOptions): Promise<Map<string, number>> {
  const mint = await createMint();
  await using programs = new AsyncDisposableStack();
  const servers = new Map<string, RunningContestant>();
  for (const each of chosen) servers.set(each.name, programs.use(await startContestant(each, mint)));
  for (const { url, credential } of servers.values()) await closedLoop(url, credential, warmUp);
  const answered = new Map<string, number>();
  for (let turn = 0; turn < seconds; turn++)
    for (const [name, { url, credential }] of servers)
      answered.set(name, (answered.get(name) ?? 0) + (await closedLoop(url, credential, 1)));
  return new Map([...answered].map(([name, count]) => [name, count / seconds]));
}

/** Nothing where one of the two could not run here. */
function compare(rates: Rates, { of, to, toReach }: (typeof comparisons)[number]): Figure[] {
  const others = rates.get(to);
  const ratios = rates.get(of)?.flatMap((rate, round) => (others?.[round] ? rate / others[round] : []));
  if (!ratios?.length) return [];
  return [{ ...overRounds(`${of} / ${to}`, "times", ratios), toReach }];
}
