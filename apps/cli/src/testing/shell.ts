import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface ShellOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** An existing folder for the script. */
  readonly scratch: string;
}

/**
 * Runs commands one after the other in one `sh`, as somebody would who pastes them into a terminal: what one sets, the
 * next one sees, and `$?` is that of the command before. Answers what each of them showed on either stream.
 */
export async function runInShell(commands: readonly string[], { cwd, env, scratch }: ShellOptions): Promise<string[]> {
  const mark = "--- end of a step ---";
  const script = join(scratch, "session.sh");
  const steps = commands.map((command) => `${command}\n__status=$?; printf '\\n%s\\n' '${mark}'; (exit $__status)\n`);
  writeFileSync(script, `exec 2>&1\n${steps.join("")}`);
  const shell = spawn("sh", [script], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  const shown = (await text(shell.stdout)).split(`\n${mark}\n`);
  return shown.slice(0, commands.length);
}
