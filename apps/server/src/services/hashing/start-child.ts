import { fork } from "node:child_process";
import { once } from "node:events";
import { getCompileCacheDir } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { HashAnswer, HashJob } from "./job.ts";
import type { Turn } from "./scheduling.ts";

/** `child.ts` beside the source, `child.js` beside what was built from it. */
const CHILD = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));

export interface HashChild {
  readonly pid: number | undefined;
  send(job: HashJob): void;
  /** Resolves when it has gone. */
  kill(): Promise<void>;
}

export interface ChildEvents {
  answered(answer: HashAnswer): void;
  /** Called once: it died, or never came to life. */
  gone(why: string): void;
}

/**
 * Starts a hashing process. It inherits nothing of this one's environment but where compiled code is kept, and none of
 * its options, and does not keep it alive.
 */
export function startChild(turn: Turn, events: ChildEvents): HashChild {
  const compiled = getCompileCacheDir();
  const env = compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled };
  const child = fork(CHILD, [turn], { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  let alive = true;
  const gone = (why: string) => {
    if (!alive) return;
    alive = false;
    child.kill("SIGKILL");
    events.gone(why);
  };
  child.on("message", (answer: HashAnswer) => events.answered(answer));
  child.on("error", (error) => gone(error.message));
  child.on("exit", (code, signal) => gone(`exit ${signal ?? code}`));
  child.unref();
  // Bun's has none, and keeps nothing alive.
  child.channel?.unref?.();

  return {
    pid: child.pid,
    send: (job) => {
      child.send(job, (error) => {
        if (error) gone(error.message);
      });
    },
    kill: async () => {
      if (!alive || child.pid === undefined) return;
      child.ref();
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
