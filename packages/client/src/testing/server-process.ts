import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

const main = fileURLToPath(new URL("../../../../apps/server/src/main.ts", import.meta.url));

/** The real server as a process of its own, behind a proxy that ends TLS, over one data directory. */
export interface ServerProcess {
  readonly origin: string;
  start(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function createServerProcess(issuer: string): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "countersign-client-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const settings = {
    DATA_DIR: dataDir,
    HOST: "127.0.0.1",
    ISSUER: issuer,
    LOG_LEVEL: "silent",
    PORT: `${port}`,
    SIGN_UP: "open",
    TLS: "proxy",
    TRUSTED_PROXIES: "127.0.0.1",
  };
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`COUNTERSIGN_${name}`, value]));
  let stop = async () => {};

  return {
    origin,
    async start() {
      const child = spawn(process.execPath, ["--conditions=source", main], {
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      const ended = once(child, "exit");
      stop = async () => {
        child.kill("SIGKILL");
        await ended;
      };
      const isUp = () =>
        fetch(`${origin}/readyz`, { headers: { "x-forwarded-proto": "https" } }).then(
          ({ ok }) => ok,
          () => false,
        );
      while (!(await isUp())) {
        if (child.exitCode !== null) throw new Error("the server did not start");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    kill: () => stop(),
    async close() {
      await stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
