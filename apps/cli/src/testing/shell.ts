import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface ShellOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** An existing folder for the script. */
  readonly scratch: string;
  /** Ends the shell and all that it has started. */
  readonly signal: AbortSignal;
}

/**
 * Runs commands one after the other in one `sh`, as somebody would who pastes them into a terminal: what one sets, the
 * next one sees, and `$?` is that of the command before. Answers what each of them showed on either stream.
 */
export async function runInShell(commands: readonly string[], options: ShellOptions): Promise<string[]> {
  const { cwd, env, scratch, signal } = options;
  const mark = "--- end of a step ---";
  const script = join(scratch, "session.sh");
  const steps = commands.map((command) => `${command}\n__status=$?; printf '\\n%s\\n' '${mark}'; (exit $__status)\n`);
  writeFileSync(script, `exec 2>&1\n${steps.join("")}`);
  const shell = spawn("sh", [script], { cwd, env, stdio: ["ignore", "pipe", "inherit"], detached: true });
  // It leads a process group of its own: a minus before its id means the whole group.
  signal.addEventListener("abort", () => shell.pid && process.kill(-shell.pid, "SIGKILL"));
  const shown = (await text(shell.stdout)).split(`\n${mark}\n`);
  return shown.slice(0, commands.length);
}
