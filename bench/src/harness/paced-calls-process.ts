import { Agent, get } from "node:http";
import { loadProgram } from "./load-process.ts";
import { openLoop } from "./open-loop.ts";

// Calls at a fixed rate, each with the next of its tokens, from the first again after the last.

export interface PacedCalls {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

/** One call's answer. */
export interface PacedCall {
  readonly status: number;
  /** In milliseconds from the moment when it was due. */
  readonly latency: number;
}

loadProgram(async ({ url, tokens, perSecond, seconds }: PacedCalls): Promise<readonly PacedCall[]> => {
  const agent = new Agent({ keepAlive: true });
  const statuses: number[] = [];
  let next = 0;
  const latencies = await openLoop(perSecond, seconds, async () => {
    const index = next++;
    statuses[index] = await statusOf(url, tokens[index % tokens.length] ?? "", agent);
  });
  agent.destroy();
  return latencies.map((latency, index) => ({ latency, status: statuses[index] ?? 0 }));
});

function statusOf(url: string, token: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
      response.once("error", reject);
    }).once("error", reject);
  });
}
