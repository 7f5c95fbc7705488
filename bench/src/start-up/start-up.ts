import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { median } from "./statistics.ts";

const RUNS = 5;
const IDLE_MS = 5_000;

/**
 * How long the built server takes until it serves, on a database that is up to date, and what it holds in memory when
 * idle. To reach: 1 s and 120 MB. Build first: `pnpm run build`.
 */
export async function startUp(): Promise<object> {
  const dataDir = await mkdtemp(join(tmpdir(), "countersign-bench-"));
  try {
    const first = await run(dataDir);
    const runs = [];
    for (let index = 0; index < RUNS; index++) runs.push(await run(dataDir));
    return {
      "first start with keys, certificate, database, ms": first.readyMs.toFixed(0),
      "ready after migrations, ms": median(runs.map(({ readyMs }) => readyMs)).toFixed(0),
      "resident when idle, MB": median(runs.map(({ residentMb }) => residentMb)).toFixed(1),
    };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function run(dataDir: string): Promise<{ readyMs: number; residentMb: number }> {
  const began = performance.now();
  const main = fileURLToPath(new URL("../../apps/server/dist/main.js", import.meta.url));
  const server = spawn(process.execPath, [main], {
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
