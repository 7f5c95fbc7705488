import { setTimeout as delay } from "node:timers/promises";
import type { Bench, Figure, RunOptions } from "../harness/bench.ts";
import { closedLoop, generatorNotes } from "../harness/closed-loop.ts";
import { pinningNotes } from "../harness/cores.ts";
import { type Load, startLoad } from "../harness/load-process.ts";
import { pacedCalls } from "../harness/paced-calls.ts";
import type { PacedCall } from "../harness/paced-calls-process.ts";
import { overRounds, quantile } from "../harness/statistics.ts";
import { createMint, type Mint } from "../harness/tokens.ts";
import { type Contestant, guarded } from "../protected-call/contestants.ts";
import { type RunningContestant, startContestant } from "../protected-call/start-contestant.ts";
import type { Flood, FloodOutcome } from "./flood-process.ts";

const FORGED_PER_S = 5_000;
/** So many different ones; a refusal is never kept, so they cost the same when they come again. */
const FORGED = 20_000;
const GOOD_PER_S = 200;
/** Of so many good calls one brings a new token of a session that has called before, and one a stranger's. */
const CYCLE = 8;
const TURN_S = 2;
const FLOOD = new URL("flood-process.ts", import.meta.url);

/** Latency of good calls at a fixed rate, alone and beside a flood of forged tokens. */
export const forgedFlood: Bench = {
  name: "forged-flood",
  question: "do forged tokens slow down good calls?",
  async run(options) {
    const figures: Figure[] = [];
    for (const contestant of guarded.filter(({ name }) => options.takesPart(name)))
      figures.push(...(await flooded(contestant, options)));
    return { figures, notes: [...generatorNotes(), ...pinningNotes()] };
  },
};

async function flooded(contestant: Contestant, options: RunOptions): Promise<Figure[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++) rounds.push(await measure(contestant, options));
  const over = (what: string, unit: Figure["unit"], of: (round: Round) => number) =>
    overRounds(`${contestant.name}, ${what}`, unit, rounds.map(of));
  return [
    ...kinds.flatMap((kind) => [
      over(`${kind}, p99 alone`, "ms", ({ alone }) => p99(alone[kind])),
      over(`${kind}, p99 flooded`, "ms", ({ flooded }) => p99(flooded[kind])),
      over(`${kind}, served when flooded`, "%", ({ flooded }) => served(flooded[kind])),
    ]),
    { ...over("known token, p99 flooded / alone", "times", timesAlone("flooded")), toReach: { atMost: 2 } },
    over("known token, p99 beside as many good calls / alone", "times", timesAlone("busy")),
    over("forged tokens refused", "/s", ({ flood }) => answered(flood, "401")),
    over("forged tokens sent away as busy", "/s", ({ flood }) => answered(flood, "503")),
    over("good calls in their place", "/s", ({ others }) => answered(others, "200")),
  ];
}

/** What a good call's token is to the guard. */
const kinds = ["known token", "new token", "stranger's token"] as const;
type Calls = Readonly<Record<(typeof kinds)[number], readonly PacedCall[]>>;

interface Round {
  readonly alone: Calls;
  readonly flooded: Calls;
  /** Beside as many calls with a token that is known: what the machine makes of so many requests, whatever they carry. */
  readonly busy: Calls;
  readonly flood: FloodOutcome;
  readonly others: FloodOutcome;
}

/** One after the other in turns, so that whatever slows the machine for some seconds slows all. */
async function measure(contestant: Contestant, { warmUp, seconds }: RunOptions): Promise<Round> {
  const mint = await createMint();
  await using server = await startContestant(contestant, mint);
  const { url, credential } = server;
  await closedLoop(url, credential, warmUp);
  using forged = await startFlood(url, await mint.forged(FORGED), warmUp);
  using good = await startFlood(url, [credential], warmUp);
  const turn = Math.min(TURN_S, seconds);
  const calls = { alone: [] as PacedCall[], flooded: [] as PacedCall[], busy: [] as PacedCall[] };
  for (let measured = 0; measured < seconds; measured += turn) {
    calls.alone.push(...(await goodCalls(server, mint, turn)));
    forged.goOn();
    calls.flooded.push(...(await goodCalls(server, mint, turn)));
    forged.pause();
    good.goOn();
    calls.busy.push(...(await goodCalls(server, mint, turn)));
    good.pause();
  }
  for (const load of [forged, good]) {
    load.stop();
    load.goOn();
  }
  return {
    alone: byKind(calls.alone),
    flooded: byKind(calls.flooded),
    busy: byKind(calls.busy),
    flood: await forged.outcome,
    others: await good.outcome,
  };
}

/** A flood that stands still by now: its hundreds of connections are made, and the code of its answers is compiled. */
async function startFlood(url: string, tokens: readonly string[], warmUp: number): Promise<Load<FloodOutcome>> {
  const flood = startLoad<Flood, FloodOutcome>(FLOOD, { url, tokens, perSecond: FORGED_PER_S }, { measures: false });
  await delay(warmUp * 1000);
  flood.pause();
  return flood;
}

function kindAt(index: number): (typeof kinds)[number] {
  if (index % CYCLE === 0) return "new token";
  return index % CYCLE === CYCLE / 2 ? "stranger's token" : "known token";
}

/** Calls for some seconds, after one that is not counted: in it, the program that calls is compiled. */
async function goodCalls({ url, credential }: RunningContestant, mint: Mint, seconds: number): Promise<PacedCall[]> {
  const tokens = await goodTokens(credential, mint, 1 + seconds);
  const calls = await pacedCalls({ url, tokens, perSecond: GOOD_PER_S, seconds: 1 + seconds });
  return calls.slice(GOOD_PER_S);
}

async function goodTokens(known: string, mint: Mint, seconds: number): Promise<readonly string[]> {
  const count = GOOD_PER_S * seconds;
  const tokens = {
    "known token": Array.from({ length: count }, () => known),
    "new token": await mint.good(count),
    "stranger's token": await mint.strangers(count),
  };
  return tokens["known token"].map((_, index) => tokens[kindAt(index)][index] ?? known);
}

/** A second is a whole number of cycles. */
function byKind(calls: readonly PacedCall[]): Calls {
  const ofKind = (kind: string) => calls.filter((_, index) => kindAt(index) === kind);
  return {
    "known token": ofKind("known token"),
    "new token": ofKind("new token"),
    "stranger's token": ofKind("stranger's token"),
  };
}

function answered({ statuses, seconds }: FloodOutcome, status: string): number {
  return (statuses[status] ?? 0) / seconds;
}

function timesAlone(when: "flooded" | "busy") {
  return (round: Round) => p99(round[when]["known token"]) / p99(round.alone["known token"]);
}

/** In milliseconds, of the calls that were served. */
function p99(calls: readonly PacedCall[]): number {
  return quantile(
    calls.filter(isServed).map(({ latency }) => latency),
    0.99,
  );
}

/** In per cent. */
function served(calls: readonly PacedCall[]): number {
  return (calls.filter(isServed).length / calls.length) * 100;
}

function isServed({ status }: PacedCall): boolean {
  return status === 200;
}
