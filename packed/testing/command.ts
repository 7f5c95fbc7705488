import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, whole; without it there is none. */
  readonly input?: string | undefined;
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], options: CommandOptions): Promise<Ran> {
  const { cwd, env, input } = options;
  const child = spawn(command, args, { cwd, env: environment(env), stdio: ["pipe", "pipe", "pipe"] });
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { code, stdout, stderr };
}

/** The same for what must go well: what it wrote to standard output. */
export async function output(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}

/** A stranger's environment: nothing of the test runner's. Output is plain, also where a build server would have it coloured. */
export function environment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_ENV: __, FORCE_COLOR: ___, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1", ...added };
}
