import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { leastEnvironment } from "./least-environment.ts";

const main = join(import.meta.dirname, "../main.ts");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Standard input, whole; without it there is none. */
  readonly input?: string;
  readonly cwd?: string;
  /** All of the environment but the least. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a command line to its end. */
export type Countersign = (args: readonly string[], options: RunOptions) => Promise<Ran>;

/** Runs the real program as a process of its own, as a script would: no terminal anywhere. */
export const countersign: Countersign = async (args, { input, cwd, env }) => {
  const child = spawn(process.execPath, ["--conditions=source", main, ...args], {
    cwd,
    env: { ...leastEnvironment, ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const exit = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  child.stdin?.on("error", () => undefined).end(input);
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => text(stream as NonNullable<typeof stream>)),
  );
  return { code: await exit, stdout: stdout ?? "", stderr: stderr ?? "" };
};
