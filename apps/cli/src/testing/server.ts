import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { freePort } from "./free-port.ts";
import { makeScratchFolder } from "./scratch.ts";

const workspace = join(import.meta.dirname, "../../../..");

export interface Server {
  readonly url: string;
  readonly dataDir: string;
  readonly setUpLink: string;
  stop(): Promise<void>;
}

/** The real server as a process of its own, on a free port, with an empty data directory. */
export async function startServer(): Promise<Server> {
  const port = await freePort();
  const dataDir = makeScratchFolder();
  const child = spawn(process.execPath, ["--conditions=source", "apps/server/src/main.ts"], {
    cwd: workspace,
    env: {
      PATH: process.env["PATH"],
      COUNTERSIGN_PORT: String(port),
      COUNTERSIGN_PLAIN_PORT: "off",
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let setUpLink: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    setUpLink = /https:\S+\/setup#[\w-]+/.exec(line)?.[0];
    if (setUpLink) break;
  }
  if (setUpLink === undefined) throw new Error("the server ended before it showed a set-up link");
  return {
    url: `https://localhost:${port}`,
    dataDir,
    setUpLink,
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
      rmSync(dataDir, { recursive: true });
    },
  };
}
