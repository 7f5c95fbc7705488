import { flushCompileCache } from "node:module";
import { hashSync, verifySync } from "@node-rs/argon2";
import type { HashAnswer, HashJob } from "./job.ts";
import { takeTurns } from "./scheduling.ts";

// One hashing process. It hashes on its own main thread, so that nothing of the server waits behind it, and yields the
// processor to everybody else. It lives as long as the channel to its parent.

process.title = "countersign hashing";
// It ends by a signal, which would leave nothing of what was compiled.
flushCompileCache();
takeTurns(process.argv[2] === "hurried" ? "hurried" : "idle");

// A terminal's Ctrl-C and a service manager's stop reach the whole group. The parent finishes its requests first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", (job: HashJob) => {
  process.send?.(answer(job), undefined, undefined, () => undefined);
});

function answer(job: HashJob): HashAnswer {
  try {
    if (job.act === "verify") return { right: verifySync(job.encoded, job.password) };
    const { memory, passes, lanes } = job.parameters;
    return { encoded: hashSync(job.password, { memoryCost: memory, timeCost: passes, parallelism: lanes }) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : "unknown" };
  }
}
