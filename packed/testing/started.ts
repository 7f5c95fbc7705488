import { spawn } from "node:child_process";
import { once } from "node:events";
import { environment } from "./command.ts";

export interface Started {
  /** What it has said so far. */
  readonly told: string;
  stop(): Promise<void>;
}

/** Starts a program in a folder and waits until it has said what tells that it is ready. */
export async function start(
  args: readonly string[],
  ready: RegExp,
  { cwd, env, node = process.execPath }: { cwd: string; env?: Readonly<Record<string, string>>; node?: string },
): Promise<Started> {
  const child = spawn(node, args, { cwd, env: environment(env), stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  child.stdout.setEncoding("utf8");
  let told = "";
  await new Promise<void>((resolve) => {
    child.stdout.once("end", resolve).on("data", (text) => {
      told += text;
      if (ready.test(told)) resolve();
    });
  });
  if (!ready.test(told)) throw new Error(`${args.join(" ")} did not start: ${told}`);
  return {
    told,
    async stop() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}
