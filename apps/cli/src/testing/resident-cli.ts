import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Countersign, Ran, RunOptions } from "./cli.ts";
import { leastEnvironment } from "./least-environment.ts";

export interface Asked extends RunOptions {
  readonly id: number;
  readonly args: readonly string[];
}

export interface Told extends Ran {
  readonly id: number;
}

export interface ResidentCli {
  /** As `countersign`, but for what only a process of its own shows: how it starts and ends. */
  readonly run: Countersign;
  stop(): Promise<void>;
}

/** The program in one process for many commands: to start it takes ten times as long as most of them. */
export function startResidentCli(): ResidentCli {
  const child = fork(join(import.meta.dirname, "resident-child.ts"), {
    execArgv: ["--conditions=source"],
    env: leastEnvironment,
  });
  const asked = new Map<number, (ran: Ran) => void>();
  child.on("message", ({ id, ...ran }: Told) => {
    asked.get(id)?.(ran);
    asked.delete(id);
  });
  let last = 0;
  return {
    run: (args, options) =>
      new Promise((resolve) => {
        const id = ++last;
        asked.set(id, resolve);
        child.send({ id, args, ...options } satisfies Asked);
      }),
    stop: async () => {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
