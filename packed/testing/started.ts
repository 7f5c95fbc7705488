import { spawn } from "node:child_process";
import { once } from "node:events";
import { type CommandOptions, environment } from "./command.ts";

/** How long a program may take to be ready. */
const PATIENCE_MS = 45_000;

export interface Started {
  /** What it had said when it was ready. */
  readonly told: string;
  stop(): Promise<void>;
}

export interface StartOptions extends Omit<CommandOptions, "input"> {
  /** Instead of this process's own Node. */
  readonly command?: string;
}

/** Starts a program in a folder and waits until it has said what tells that it is ready. */
export async function start(
  args: readonly string[],
  ready: RegExp,
  { cwd, env, command = process.execPath }: StartOptions,
): Promise<Started> {
  // It leads a process group of its own: itself, and what it has started.
  const child = spawn(command, args, {
    cwd,
    env: environment(env),
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const end = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal);
  };
  // When nobody holds its output any more: all of the group have ended.
  const closed = once(child, "close");
  child.stdout.setEncoding("utf8");
  let told = "";
  const impatient = setTimeout(end, PATIENCE_MS, "SIGKILL");
  await new Promise<void>((resolve) => {
    child.stdout.once("end", resolve).on("data", (text) => {
      told += text;
      if (ready.test(told)) resolve();
    });
  });
  clearTimeout(impatient);
  if (!ready.test(told)) throw new Error(`${args.join(" ")} did not start: ${told}`);
  return {
    told,
    async stop() {
      end("SIGTERM");
      await closed;
    },
  };
}
