import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { leastEnvironment } from "./least-environment.ts";
import { makeScratchFolder } from "./scratch.ts";

const workspace = join(import.meta.dirname, "../../../..");

export interface Server {
  readonly url: string;
  readonly dataDir: string;
  readonly setUpLink: string;
  stop(): Promise<void>;
}

export interface RestartableServer extends Server {
  /** Ends the process, and keeps what it knows. */
  down(): Promise<void>;
  /** Starts it again, where it was. */
  up(): Promise<void>;
}

/**
 * The real server as a process of its own, on a free port, with an empty data directory.
 *
 * @param path of its address
 */
export async function startServer(path = ""): Promise<RestartableServer> {
  const port = await freePort();
  const dataDir = makeScratchFolder();
  const url = `https://localhost:${port}${path}`;
  let { child, setUpLink } = await launch(url, dataDir);
  if (setUpLink === undefined) throw new Error("a new server shows a set-up link");
  const down = async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return {
    url,
    dataDir,
    setUpLink,
    down,
    up: async () => {
      ({ child } = await launch(url, dataDir));
    },
    stop: async () => {
      await down();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** Resolves when the server has told that it is ready; its announcement comes in one piece. */
async function launch(url: string, dataDir: string): Promise<{ child: ChildProcess; setUpLink: string | undefined }> {
  const child = spawn(process.execPath, ["--conditions=source", "apps/server/src/main.ts"], {
    cwd: workspace,
    env: {
      ...leastEnvironment,
      COUNTERSIGN_ISSUER: url,
      COUNTERSIGN_PORT: new URL(url).port,
      COUNTERSIGN_PLAIN_PORT: "off",
      COUNTERSIGN_DATA_DIR: dataDir,
      COUNTERSIGN_LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.setEncoding("utf8");
  let told = "";
  for await (const text of child.stdout) {
    told += text;
    if (told.includes("Countersign is ready") && told.endsWith("\n")) break;
  }
  if (!told.includes("Countersign is ready")) throw new Error(`the server did not start: ${told}`);
  return { child, setUpLink: /https:\S+\/setup#[\w-]+/.exec(told)?.[0] };
}
