import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pinned } from "./cores.ts";
import type { Ready } from "./program.ts";
import type { Setup } from "./setup.ts";

/** A contestant that listens. */
export interface ServerProgram extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly credential: string | undefined;
}

/** Starts a contestant in a process of its own, on the server's core. */
export async function startProgram(command: readonly string[], setup: Setup): Promise<ServerProgram> {
  const [file = "", ...args] = pinned("server", command);
  const child = spawn(file, args, {
    env: { ...process.env, NODE_ENV: "production", BENCH_SETUP: JSON.stringify(setup) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = await Promise.race([
    once(createInterface(child.stdout), "line") as Promise<[string]>,
    exited.then(([code]) => Promise.reject(new Error(`${command.join(" ")} ended with ${code}`))),
  ]);
  const { port, credential } = JSON.parse(line) as Ready;
  return {
    origin: `http://127.0.0.1:${port}`,
    credential,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
