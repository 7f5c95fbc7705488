import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Bench } from "../harness/bench.ts";
import { freePort } from "../harness/free-port.ts";
import { overRounds } from "../harness/statistics.ts";

const IDLE_MS = 5_000;

/**
 * How long the built server takes until it serves, on a database that is up to date, and what it holds in memory when
 * idle. Linux only. Build first: `pnpm run build`.
 */
export const startUp: Bench = {
  name: "start-up",
  question: "how long until the server serves, and what does it hold when idle?",
  async run({ rounds }) {
    const dataDir = await mkdtemp(join(tmpdir(), "countersign-bench-"));
    try {
      const first = await start(dataDir);
      const runs = [];
      for (let round = 0; round < rounds; round++) runs.push(await start(dataDir));
      const ready = overRounds(
        "ready after migrations",
        "ms",
        runs.map(({ readyMs }) => readyMs),
      );
      const resident = overRounds(
        "resident when idle",
        "MB",
        runs.map(({ residentMb }) => residentMb),
      );
      return {
        figures: [
          { name: "first start, with keys, certificate, database", value: first.readyMs, unit: "ms" },
          { ...ready, toReach: { atMost: 1000 } },
          { ...resident, toReach: { atMost: 120 } },
        ],
        notes: [],
      };
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

async function start(dataDir: string): Promise<{ readyMs: number; residentMb: number }> {
  const began = performance.now();
  const program = fileURLToPath(new URL("../../../apps/server/dist/bin.js", import.meta.url));
  const server = spawn(process.execPath, [program], {
    env: {
      PATH: process.env["PATH"],
      COUNTERSIGN_PORT: String(await freePort()),
      COUNTERSIGN_PLAIN_PORT: "off",
      COUNTERSIGN_DATA_DIR: dataDir,
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  await Promise.race([
    new Promise((resolve) => server.stdout.once("data", resolve)),
    exited.then((code) => Promise.reject(new Error(`the server ended with ${code}`))),
  ]);
  const readyMs = performance.now() - began;
  await delay(IDLE_MS);
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  const residentMb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  server.kill("SIGTERM");
  await exited;
  return { readyMs, residentMb };
}
