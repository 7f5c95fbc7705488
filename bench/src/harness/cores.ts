import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** The server under load has a core, and whatever makes the load has another. */
const cores = { server: 0, load: 1 } as const;

export type Side = keyof typeof cores;

const canPin = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** A command that runs on its side's core; as it is where cores cannot be had. */
export function pinned(side: Side, command: readonly string[]): readonly string[] {
  return canPin ? ["taskset", "-c", String(cores[side]), ...command] : command;
}

const canGiveWay = spawnSync("chrt", ["--version"]).status === 0;

/** A command that runs when nobody else wants its core (sched(7), SCHED_IDLE), as it is where that cannot be had. */
export function givingWay(command: readonly string[]): readonly string[] {
  return canGiveWay ? ["chrt", "-i", "0", ...command] : command;
}

export function pinningNotes(): readonly string[] {
  return canPin ? [] : ["server and load share their cores: no second core, or no taskset (Debian: util-linux)"];
}
