import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../harness/postgres.ts";
import { median } from "../harness/statistics.ts";
import { type Chain, type Desk, openDesk } from "./desk.ts";
import { ageGenerations, type Database, storeSessions } from "./stored-sessions.ts";

// One database and the issuer over it, in a process of its own: told what to measure, it says what it found.

export interface Task {
  readonly database: "sqlite" | "postgres";
  /** How many sessions are stored, each after the other, in rising order. */
  readonly stored: readonly number[];
  readonly seconds: number;
  readonly warmUp: number;
}

export interface Found {
  /** Rotations per second, one for each of `stored`. */
  readonly perSecond: readonly number[];
  /** Milliseconds from 100 parallel refreshes of one token to the last answer, at the fewest that are stored. */
  readonly hundred: number;
}

const SESSIONS = 32;
const PARALLEL = 100;

process.once("message", async (task: Task) => {
  await using open = await openDatabase(task.database);
  process.send?.(await measure(open.database, task));
  process.disconnect?.();
});

async function measure(database: Database, { stored, seconds, warmUp }: Task): Promise<Found> {
  const perSecond: number[] = [];
  const hundreds: number[] = [];
  {
    await using desk = await openDesk(database);
    await desk.signUp();
  }
  let before = 0;
  for (const count of stored) {
    await storeSessions(database, before, count);
    before = count;
    await using desk = await openDesk(database);
    const chains: Chain[] = [];
    while (chains.length < SESSIONS) chains.push(await desk.signIn());
    {
      await using _aged = await ageGenerations(database);
      await rotate(desk, chains, warmUp);
      perSecond.push((await rotate(desk, chains, seconds)) / seconds);
    }
    if (count !== stored[0]) continue;
    const end = performance.now() + seconds * 1000;
    for (const chain of chains) {
      hundreds.push(await refreshAtOnce(desk, chain));
      if (performance.now() > end) break;
    }
  }
  return { perSecond, hundred: median(hundreds) };
}

/** Each session refreshes as soon as it was answered, until the time is over. Answers how many rotations there were. */
async function rotate(desk: Desk, chains: readonly Chain[], seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let rotations = 0;
  await Promise.all(
    chains.map(async (chain) => {
      while (performance.now() < end) {
        chain.refreshToken = await desk.refresh(chain.refreshToken);
        rotations += 1;
      }
    }),
  );
  return rotations;
}

/** How long it takes until 100 that come at once with one token have their answer, which has to be the same. */
async function refreshAtOnce(desk: Desk, chain: Chain): Promise<number> {
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: PARALLEL }, () => desk.refresh(chain.refreshToken)));
  const took = performance.now() - began;
  const [successor = "", ...others] = new Set(answers);
  if (others.length > 0 || generationOf(successor) !== generationOf(chain.refreshToken) + 1) {
    throw new Error(`of ${PARALLEL} parallel refreshes came ${others.length + 1} different answers`);
  }
  chain.refreshToken = successor;
  return took;
}

/** `csr_<session>.<generation>.<secret>.<code>` */
function generationOf(refreshToken: string): number {
  return Number(refreshToken.split(".")[1]);
}

async function openDatabase(kind: Task["database"]): Promise<AsyncDisposable & { readonly database: Database }> {
  if (kind === "postgres") {
    const server = await startPostgres();
    return { database: { postgres: server.url }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }
  const directory = await mkdtemp(join(tmpdir(), "countersign-bench-"));
  return {
    database: { sqlite: join(directory, "countersign.db") },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
