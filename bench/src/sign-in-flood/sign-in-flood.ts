import type { Agent } from "node:https";
import { credentials, setUpAdministrator } from "../harness/administrator.ts";
import type { Bench } from "../harness/bench.ts";
import { call } from "../harness/call.ts";
import { type IssuerServer, startIssuer } from "../harness/issuer.ts";
import { openLoop } from "../harness/open-loop.ts";
import { overRounds, quantile } from "../harness/statistics.ts";

const RATE_PER_S = 100;
/** Enough that queries which come due together during a stall do not wait for each other. */
const QUERY_CONNECTIONS = 10;
const SIGN_IN_CONNECTIONS = 4;

/**
 * Latency of a protected query offered at a fixed rate, alone and while connections sign in without a pause. Nothing is
 * pinned here: passwords are hashed on whatever core the server leaves free, and that is part of the question.
 */
export const signInFlood: Bench = {
  name: "sign-in-flood",
  question: "do sign-ins slow down calls?",
  async run({ rounds: count, seconds, warmUp }) {
    const rounds: Round[] = [];
    for (let round = 0; round < count; round++) rounds.push(await measure(seconds, warmUp));
    const over = (name: string, of: (round: Round) => number) => overRounds(name, "ms", rounds.map(of));
    const ratio = overRounds(
      "p99 beside sign-ins / alone",
      "times",
      rounds.map(({ alone, flooded }) => flooded / alone),
    );
    return {
      figures: [
        over("p99 of a protected query alone", ({ alone }) => alone),
        over("p99 beside sign-ins", ({ flooded }) => flooded),
        { ...ratio, toReach: { atMost: 4 } },
        overRounds(
          "sign-ins",
          "/s",
          rounds.map(({ signIns }) => signIns / seconds),
        ),
      ],
      notes: [],
    };
  },
};

interface Round {
  /** p99 in milliseconds. */
  readonly alone: number;
  readonly flooded: number;
  readonly signIns: number;
}

async function measure(seconds: number, warmUp: number): Promise<Round> {
  await using server = await startIssuer();
  const { token } = await setUpAdministrator(server);
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
  await openLoop(RATE_PER_S, warmUp, query);
  await warming.stop();

  const alone = await openLoop(RATE_PER_S, seconds, query);
  const flood = startFlood(server, signIns);
  const flooded = await openLoop(RATE_PER_S, seconds, query);
  return { alone: quantile(alone, 0.99), flooded: quantile(flooded, 0.99), signIns: await flood.stop() };
}

/** Connections that sign in one after the other, until stopped; `stop` answers how many succeeded. */
function startFlood({ url }: IssuerServer, agent: Agent): { stop(): Promise<number> } {
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
