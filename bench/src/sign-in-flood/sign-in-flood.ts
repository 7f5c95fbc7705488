import type { Agent } from "node:https";
import { credentials, setUpAdministrator } from "./administrator.ts";
import { call } from "./call.ts";
import { openLoop } from "./open-loop.ts";
import { type Server, startServer } from "./server.ts";
import { median, quantile } from "./statistics.ts";

const RATE_PER_S = 100;
/** Enough that queries which come due together during a stall do not wait for each other. */
const QUERY_CONNECTIONS = 10;
const SIGN_IN_CONNECTIONS = 4;
const SECONDS = 15;
const ROUNDS = 3;

/**
 * Whether sign-ins slow down calls: latency of a protected query offered at a fixed rate, alone and while connections
 * sign in without a pause, in turn. To reach: p99 under the flood at most 4 times the p99 alone.
 */
export async function signInFlood(): Promise<object> {
  await using server = await startServer();
  const token = await setUpAdministrator(server);
  const queries = server.connect(QUERY_CONNECTIONS);
  const query = async () => {
    const { status } = await call(queries, `${server.url}/trpc/account.me`, { token });
    if (status !== 200) throw new Error(`the protected query answered ${status}`);
  };
  const signIns = server.connect(SIGN_IN_CONNECTIONS);
  // Warm-up: code is compiled and every connection is made. A handshake costs both sides more than a call does, and is
  // not what is asked about.
  await Promise.all(Array.from({ length: QUERY_CONNECTIONS }, query));
  const warming = startFlood(server, signIns);
  await openLoop(RATE_PER_S, 6, query);
  await warming.stop();

  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await openLoop(RATE_PER_S, SECONDS, query);
    const flood = startFlood(server, signIns);
    const flooded = await openLoop(RATE_PER_S, SECONDS, query);
    rounds.push({ alone: quantile(alone, 0.99), flooded: quantile(flooded, 0.99), signIns: await flood.stop() });
  }
  const ratios = rounds.map(({ alone, flooded }) => flooded / alone);
  return {
    "p99 alone, ms": median(rounds.map(({ alone }) => alone)).toFixed(2),
    "p99 under sign-ins, ms": median(rounds.map(({ flooded }) => flooded)).toFixed(2),
    "ratio of p99, by round": ratios.map((ratio) => ratio.toFixed(2)).join(" "),
    "ratio of p99, median": median(ratios).toFixed(2),
    "sign-ins per second": (median(rounds.map(({ signIns }) => signIns)) / SECONDS).toFixed(1),
  };
}

/** Connections that sign in one after the other, until stopped; `stop` answers how many succeeded. */
function startFlood({ url }: Server, agent: Agent): { stop(): Promise<number> } {
  let running = true;
  let succeeded = 0;
  const one = async () => {
    while (running) {
      const { status } = await call(agent, `${url}/trpc/signIn.password`, { body: { client: "cli", ...credentials } });
      if (status === 200) succeeded += 1;
      else if (status !== 503) throw new Error(`a sign-in answered ${status}`);
    }
  };
  const connections = Array.from({ length: SIGN_IN_CONNECTIONS }, one);
  return {
    async stop() {
      running = false;
      await Promise.all(connections);
      return succeeded;
    },
  };
}
