import { fork } from "node:child_process";
import { once } from "node:events";
import type { Bench, Figure, RunOptions } from "../harness/bench.ts";
import { overRounds } from "../harness/statistics.ts";
import type { Found, Task } from "./refresh-process.ts";

const databases = ["sqlite", "postgres"] as const;
/** How many sessions are stored beside those that refresh. */
const sizes = [1_000, 100_000, 1_000_000];

/** Rotations as fast as they are answered on 32 sessions, over either database, beside few and very many stored ones. */
export const refresh: Bench = {
  name: "refresh",
  question: "how many sessions refresh in a second, and do stored ones slow them down?",
  async run(options) {
    const figures: Figure[] = [];
    for (const database of databases.filter(options.takesPart)) figures.push(...(await measured(database, options)));
    return {
      figures,
      notes: ["load, issuer and database share the machine's cores; no network, and every commit is on disk"],
    };
  },
};

async function measured(database: Task["database"], options: RunOptions): Promise<Figure[]> {
  const stored = sizes.filter((size) => options.takesPart(String(size)));
  const rounds: Found[] = [];
  for (let round = 0; round < options.rounds; round++) rounds.push(await inProcess({ database, stored, ...options }));
  const at = (index: number) => rounds.map(({ perSecond }) => perSecond[index] ?? Number.NaN);
  const rates = stored.map((size, index) => overRounds(`${database}, ${size} stored: rotations`, "/s", at(index)));
  const hundred = rounds.map((round) => round.hundred);
  const cost = overRounds(
    `${database}: a rotation where it is dearest / cheapest`,
    "times",
    rounds.map(({ perSecond }) => Math.max(...perSecond) / Math.min(...perSecond)),
  );
  return [
    ...rates,
    ...(stored.length > 1 ? [{ ...cost, toReach: { atMost: 1.3 } }] : []),
    overRounds(`${database}: 100 parallel refreshes of one token, all answered alike`, "ms", hundred),
  ];
}

async function inProcess({ database, stored, seconds, warmUp }: Task): Promise<Found> {
  const child = fork(new URL("refresh-process.ts", import.meta.url), { execArgv: ["--conditions=source"] });
  child.send({ database, stored, seconds, warmUp } satisfies Task);
  const exited = once(child, "exit");
  const [found] = await Promise.race([
    once(child, "message") as Promise<[Found]>,
    exited.then(([code]) => Promise.reject(new Error(`refreshing over ${database} ended with ${code}`))),
  ]);
  await exited;
  return found;
}
