import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { freePort } from "../harness/free-port.ts";

/** A running server and how to call it. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  /** So many connections, made when they are needed and kept. */
  connect(connections: number): Agent;
  /** `https://…/setup#<secret>` */
  readonly setUpLink: string;
  readonly process: ChildProcess;
}

interface Ready {
  readonly url: string;
  readonly ca: string;
  readonly setUpLink: string;
}

/** Starts a server with an empty database in a process of its own. */
export async function startServer(): Promise<Server> {
  const child = fork(new URL("server-process.ts", import.meta.url), {
    env: { ...process.env, BENCH_PORT: String(await freePort()) },
    execArgv: ["--conditions=source"],
  });
  const [ready] = (await once(child, "message")) as [Ready];
  const ca = await readFile(ready.ca);
  const agents: Agent[] = [];
  return {
    url: ready.url,
    connect(connections) {
      const agent = new Agent({ keepAlive: true, ca, maxSockets: connections });
      agents.push(agent);
      return agent;
    },
    setUpLink: ready.setUpLink,
    process: child,
    async [Symbol.asyncDispose]() {
      for (const agent of agents) agent.destroy();
      child.disconnect();
      await once(child, "exit");
    },
  };
}
