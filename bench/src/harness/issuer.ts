import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { freePort } from "./free-port.ts";

/** A running issuer and how to call it. */
export interface IssuerServer extends AsyncDisposable {
  readonly url: string;
  /** Path of the certificate that its own is signed by. */
  readonly ca: string;
  /** Where it keeps its database. */
  readonly dataDir: string;
  /** So many connections, made when they are needed and kept. */
  connect(connections: number): Agent;
  /** `https://…/setup#<secret>` */
  readonly setUpLink: string;
  readonly process: ChildProcess;
}

interface Ready {
  readonly url: string;
  readonly dataDir: string;
  readonly ca: string;
  readonly setUpLink: string;
}

/** Starts an issuer with an empty database in a process of its own. */
export async function startIssuer(): Promise<IssuerServer> {
  const child = fork(new URL("issuer-process.ts", import.meta.url), {
    env: { ...process.env, BENCH_PORT: String(await freePort()) },
    execArgv: ["--conditions=source"],
  });
  const [ready] = (await once(child, "message")) as [Ready];
  const ca = await readFile(ready.ca);
  const agents: Agent[] = [];
  return {
    url: ready.url,
    ca: ready.ca,
    dataDir: ready.dataDir,
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
