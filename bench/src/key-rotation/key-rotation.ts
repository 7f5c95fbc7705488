import { Agent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { startSession } from "../harness/administrator.ts";
import type { Bench } from "../harness/bench.ts";
import { call } from "../harness/call.ts";
import { type IssuerServer, startIssuer } from "../harness/issuer.ts";
import { callNotes, mutate, registerNotes } from "../harness/notes-calls.ts";
import { chooseAudience, startNotes } from "../harness/notes-program.ts";
import { openLoop } from "../harness/open-loop.ts";
import { median, overRounds, quantile } from "../harness/statistics.ts";
import { passAnHour, wantAlgorithm } from "./key-times.ts";

const CALLS_PER_S = 1000;
/** People whose tokens the calls carry; each refreshes again and again, so tokens of every key are among them. */
const PEOPLE = 20;
/** The algorithm of the key that signs after each change, while it is measured. It begins with EdDSA. */
const CHANGES = ["ES256", "EdDSA", "ES256"] as const;
const REVOCATIONS_PER_S = 5;

/** Changes of the key under load at an API in another process, which follows the feed; then keys that are revoked. */
export const keyRotation: Bench = {
  name: "key-rotation",
  question: "does a call fail when the key that signs changes, and how long does a token of a revoked key live?",
  async run({ rounds: count, seconds, warmUp }) {
    const rounds: Awaited<ReturnType<typeof measure>>[] = [];
    for (let round = 0; round < count; round++) rounds.push(await measure(seconds, warmUp));
    const over = (name: string, unit: "" | "ms", of: (round: (typeof rounds)[number]) => number) =>
      overRounds(name, unit, rounds.map(of));
    const failed = over(
      `failed of ${CALLS_PER_S * seconds} calls beside ${CHANGES.length} changes of the key`,
      "",
      (round) => round.failed,
    );
    const worst = Math.max(...rounds.map((round) => round.failed));
    return {
      figures: [
        // One failure in one round is one.
        { ...failed, value: worst, toReach: { atMost: 0 } },
        over("p99 of these calls", "ms", ({ latencies }) => quantile(latencies, 0.99)),
        over(`median of ${seconds * REVOCATIONS_PER_S} revocations, until refused`, "ms", ({ revoked }) =>
          median(revoked),
        ),
        { ...over("p99", "ms", ({ revoked }) => quantile(revoked, 0.99)), toReach: { atMost: 100 } },
      ],
      notes: [
        `${CALLS_PER_S} calls/s; each change is one of the algorithm, EdDSA and ES256 in turn, of keys that were published before`,
        "issuer, API and load share the machine's cores",
      ],
    };
  },
};

async function measure(seconds: number, warmUp: number) {
  await using issuer = await startIssuer();
  const agent = issuer.connect(4);
  const { port, audience } = await chooseAudience();
  const { service, token } = await registerNotes(issuer, agent, audience);
  const rotate = () => mutate(issuer, agent, { procedure: "keys.rotate", token, body: {} });

  // Two successors of each algorithm, long published when the API starts.
  wantAlgorithm(issuer.dataDir, "ES256");
  passAnHour(issuer.dataDir);
  await rotate();
  passAnHour(issuer.dataDir);

  await using notes = await startNotes({ port, issuer: issuer.url, ca: issuer.ca, service });
  const connections = new Agent({ keepAlive: true });
  const statusOf = (accessToken: string) => callNotes(connections, notes.url, accessToken);
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => startSession(issuer, agent, [audience])));
  while ((await statusOf(people[0]?.accessToken ?? "")) === 503); // until it has heard of the feed

  let failed = 0;
  let next = 0;
  const callAsSomebody = async () => {
    next += 1;
    const status = await statusOf(people[next % PEOPLE]?.accessToken ?? "");
    if (status !== 200) failed += 1;
  };
  let over = false;
  const refreshing = refreshAll(issuer, agent, audience, people, () => over);
  await openLoop(CALLS_PER_S, warmUp, callAsSomebody);
  const load = openLoop(CALLS_PER_S, seconds, callAsSomebody);
  for (const algorithm of CHANGES) {
    await delay((seconds * 1000) / (CHANGES.length + 1));
    wantAlgorithm(issuer.dataDir, algorithm);
    await rotate();
    const signs = await signingAlgorithm(issuer, agent);
    if (signs !== algorithm) throw new Error(`${signs} signs, and ${algorithm} was to`);
  }
  const latencies = await load;
  over = true;
  await refreshing;

  const revoked: number[] = [];
  while (revoked.length < seconds * REVOCATIONS_PER_S)
    revoked.push(await revocation(issuer, agent, audience, statusOf));
  connections.destroy();
  return { failed, latencies, revoked };
}

async function signingAlgorithm(issuer: IssuerServer, agent: HttpsAgent): Promise<string | undefined> {
  const reply = await call(agent, `${issuer.url}/trpc/keys.list`);
  const { result } = reply.body as { result: { data: { status: string; alg: string }[] } };
  return result.data.find(({ status }) => status === "current")?.alg;
}

type Person = Awaited<ReturnType<typeof startSession>>;

/** Refreshes one after the other, from the first again after the last. */
async function refreshAll(
  issuer: IssuerServer,
  agent: HttpsAgent,
  audience: string,
  people: Person[],
  isOver: () => boolean,
): Promise<void> {
  for (let index = 0; !isOver(); index = (index + 1) % PEOPLE) {
    const { account, refreshToken } = people[index] as Person;
    const body = { client: "cli", refresh_token: refreshToken, audiences: [audience] };
    const reply = await call(agent, `${issuer.url}/session/refresh`, { body });
    if (reply.status !== 200) throw new Error(`a refresh answered ${reply.status}`);
    const { refresh_token, tokens } = reply.body as { refresh_token: string; tokens: { access_token: string }[] };
    people[index] = { account, refreshToken: refresh_token, accessToken: tokens[0]?.access_token ?? "" };
  }
}

/** Milliseconds from the reply to the revocation of the key that signs until a token of it has been refused. */
async function revocation(
  issuer: IssuerServer,
  agent: HttpsAgent,
  audience: string,
  statusOf: (token: string) => Promise<number>,
): Promise<number> {
  const { accessToken: token } = await startSession(issuer, agent, [issuer.url]);
  const { accessToken } = await startSession(issuer, agent, [audience]);
  // Where another key was revoked a moment ago, its successor is one that the API may still be fetching.
  while ((await statusOf(accessToken)) !== 200) await delay(5);
  const { kid } = JSON.parse(Buffer.from(accessToken.split(".")[0] ?? "", "base64url").toString()) as { kid: string };
  await mutate(issuer, agent, { procedure: "keys.revoke", token, body: { kid } });
  const answered = performance.now();
  while ((await statusOf(accessToken)) === 200);
  return performance.now() - answered;
}
