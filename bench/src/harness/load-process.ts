import { fork } from "node:child_process";
import { once } from "node:events";
import { givingWay, pinned } from "./cores.ts";

/** A load in a process of its own, on the load's core. Disposing of it ends the process, also one that stands still. */
export interface Load<Outcome> extends Disposable {
  readonly outcome: Promise<Outcome>;
  /** Asks it to end; it still tells its outcome. */
  stop(): void;
  /** Has it stand still, its connections open, until it goes on. */
  pause(): void;
  goOn(): void;
}

interface LoadOptions {
  readonly measures?: boolean;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a load program (one that calls `loadProgram`) with its job. One that makes the load, and measures nothing, gives
 * way to those that do on the same core.
 */
export function startLoad<Job, Outcome>(
  program: URL,
  job: Job,
  { measures = true, env = {} }: LoadOptions = {},
): Load<Outcome> {
  const node = [process.execPath, "--conditions=source", "--max-semi-space-size=64"];
  const [execPath = "", ...execArgv] = pinned("load", measures ? node : givingWay(node));
  const child = fork(program, { execPath, execArgv, serialization: "advanced", env: { ...process.env, ...env } });
  child.send(job as object);
  const exited = once(child, "exit").then(([code]) => Promise.reject(new Error(`${program.pathname} ended: ${code}`)));
  const outcome = Promise.race([once(child, "message") as Promise<[Outcome]>, exited]).then(([message]) => message);
  return {
    outcome,
    stop: () => void child.send("stop"),
    pause: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

/** The inside of a load program. `stopped` is set when enough is enough. */
export function loadProgram<Job, Outcome>(work: (job: Job, stopped: AbortSignal) => Promise<Outcome>): void {
  const stop = new AbortController();
  process.once("message", async (job) => {
    process.on("message", () => stop.abort());
    const outcome = await work(job as Job, stop.signal);
    process.send?.(outcome, () => process.disconnect?.());
  });
}
