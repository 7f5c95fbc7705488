import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pinned } from "./cores.ts";

const run = promisify(execFile);

const CONNECTIONS = 32;

/** What calls as fast as it is answered. */
export interface Generator {
  readonly command: readonly string[];
  /** Requests per second. @throws {Error} where an answer was not 200. */
  read(output: string): number;
}

export const wrk: Generator = {
  command: ["wrk", "-t1", `-c${CONNECTIONS}`, "-d", "SECONDS", "-H", "HEADER", "URL"],
  read(output) {
    const bad = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output);
    if (bad) throw new Error(`under load: ${bad[0]}`);
    return Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(output)?.[1]);
  },
};

export const autocannon: Generator = {
  command: [
    process.execPath,
    fileURLToPath(import.meta.resolve("autocannon")),
    ...["--json", "-c", String(CONNECTIONS), "-d", "SECONDS", "-H", "HEADER", "URL"],
  ],
  read(output) {
    const { non2xx, errors, requests } = JSON.parse(output);
    if (non2xx + errors > 0) throw new Error(`under load: ${non2xx} answers other than 200, ${errors} errors`);
    return requests.average;
  },
};

export const hasWrk = spawnSync("wrk", ["-v"]).error === undefined;

export function generatorNotes(): readonly string[] {
  return hasWrk
    ? ["load by wrk"]
    : ["load by autocannon, which is itself the limit of fast contestants (Debian: apt-get install wrk)"];
}

/**
 * Requests per second that are answered with 200 on 32 connections, each of which calls as soon as it was answered.
 *
 * @param seconds whole; for none nothing is asked
 */
export async function closedLoop(
  url: string,
  token: string,
  seconds: number,
  generator: Generator = hasWrk ? wrk : autocannon,
): Promise<number> {
  if (seconds === 0) return 0;
  const values: Readonly<Record<string, string>> = {
    SECONDS: String(seconds),
    HEADER: `Authorization: Bearer ${token}`,
    URL: url,
  };
  const [file = "", ...args] = pinned(
    "load",
    generator.command.map((part) => values[part] ?? part),
  );
  const { stdout } = await run(file, args);
  return generator.read(stdout);
}
