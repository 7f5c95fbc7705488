import { Agent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { startSession } from "../harness/administrator.ts";
import type { Bench } from "../harness/bench.ts";
import { call } from "../harness/call.ts";
import { type IssuerServer, startIssuer } from "../harness/issuer.ts";
import { callNotes, registerNotes } from "../harness/notes-calls.ts";
import { chooseAudience, startNotes } from "../harness/notes-program.ts";
import { openLoop } from "../harness/open-loop.ts";
import { overRounds, quantile } from "../harness/statistics.ts";

/** At ten seconds: 500, one after the other. */
const SIGN_OUTS_PER_S = 50;
/** Calls of others at the API meanwhile. */
const CALLS_PER_S = 200;
/** So many people sign in at once while the sessions are made. */
const DESKS = 4;

/**
 * The time from the issuer's reply to a sign-out until an API in another process, which follows the feed, has refused the
 * token: it is called again and again, so a call there and back is in every sample.
 */
export const signOut: Bench = {
  name: "sign-out",
  question: "how long does a token live at another API after its sign-out was answered?",
  async run({ rounds: count, seconds, warmUp }) {
    const rounds: number[][] = [];
    for (let round = 0; round < count; round++) rounds.push(await measure(seconds, warmUp));
    const over = (name: string, share: number) =>
      overRounds(
        name,
        "ms",
        rounds.map((samples) => quantile(samples, share)),
      );
    return {
      figures: [
        over(`median of ${seconds * SIGN_OUTS_PER_S} sign-outs`, 0.5),
        { ...over("p99", 0.99), toReach: { atMost: 50 } },
        over("the longest", 1),
      ],
      notes: [`beside ${CALLS_PER_S} calls/s of others at the API; issuer, API and load share the machine's cores`],
    };
  },
};

async function measure(seconds: number, warmUp: number): Promise<number[]> {
  await using issuer = await startIssuer();
  const agent = issuer.connect(DESKS);
  const { port, audience } = await chooseAudience();
  const { service } = await registerNotes(issuer, agent, audience);
  await using notes = await startNotes({ port, issuer: issuer.url, ca: issuer.ca, service });
  const sessions = await signIn(issuer, agent, audience, seconds * SIGN_OUTS_PER_S + 1);
  const [other, ...leaving] = sessions;
  if (!other) throw new Error("nobody signed in");

  const connections = new Agent({ keepAlive: true });
  const statusOf = (token: string) => callNotes(connections, notes.url, token);
  while ((await statusOf(other.accessToken)) === 503); // until it has heard of the feed
  const others = async () => {
    const status = await statusOf(other.accessToken);
    if (status !== 200) throw new Error(`a good call answered ${status}`);
  };
  await openLoop(CALLS_PER_S, warmUp, others);

  let over = false;
  const load = (async () => {
    while (!over) await openLoop(CALLS_PER_S, 1, others);
  })();
  const samples: number[] = [];
  for (const { accessToken, refreshToken } of leaving) {
    if ((await statusOf(accessToken)) !== 200) throw new Error("the token was refused before its sign-out");
    await call(agent, `${issuer.url}/session/end`, { body: { client: "cli", refresh_token: refreshToken } });
    const answered = performance.now();
    while ((await statusOf(accessToken)) === 200);
    samples.push(performance.now() - answered);
  }
  over = true;
  await load;
  connections.destroy();
  return samples;
}

/** Signs the account in so often, and answers its tokens for the API. */
async function signIn(issuer: IssuerServer, agent: HttpsAgent, audience: string, count: number) {
  const sessions: { readonly accessToken: string; readonly refreshToken: string }[] = [];
  await Promise.all(
    Array.from({ length: DESKS }, async () => {
      while (sessions.length < count) sessions.push(await startSession(issuer, agent, [audience]));
    }),
  );
  return sessions.slice(0, count);
}
