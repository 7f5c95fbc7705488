import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/** A server as a process of its own, behind a proxy that ends TLS, over one folder. */
export interface ServerProcess {
  readonly origin: string;
  start(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A program that serves. */
interface Program {
  /** File to run, absolute. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The path that answers 200 once it serves. */
  readonly ready: string;
}

/** Where a program is to serve, and to keep what it keeps. */
interface Place {
  readonly folder: string;
  readonly port: number;
}

export async function createServerProcess(programAt: (place: Place) => Program): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-client-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const { main, args = [], env = {}, ready } = programAt({ folder, port });
  let stop = async () => {};

  return {
    origin,
    async start() {
      const child = spawn(process.execPath, ["--conditions=source", main, ...args], {
        env: { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...env },
        stdio: ["ignore", "ignore", "inherit"],
      });
      const ended = once(child, "exit");
      stop = async () => {
        child.kill("SIGKILL");
        await ended;
      };
      const isUp = () =>
        fetch(origin + ready, { headers: { "x-forwarded-proto": "https" } }).then(
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
      await rm(folder, { recursive: true });
    },
  };
}
