import { type CountersignClient, createClient, type IssuerRouter, reasonOf } from "@countersign/client";
import { createTRPCClient, httpLink } from "@trpc/client";
import { credentials, untilHashed } from "../harness/administrator.ts";
import { loadProgram } from "../harness/load-process.ts";

// One program with both clients, which take turns, so that whatever slows the machine slows both.

export interface ClientCalls {
  readonly url: string;
  /** The administrator's, for the client that carries no session. */
  readonly token: string;
  readonly seconds: number;
  readonly warmUp: number;
}

/** What one call took, in milliseconds; the processor's time is this program's alone. */
export interface Spent {
  readonly calls: number;
  readonly elapsed: number;
  readonly processor: number;
}

export type ClientCallsOutcome = Readonly<Record<"bare" | "sdk", Spent>>;

const TURN_MS = 250;

loadProgram(async ({ url, token, seconds, warmUp }: ClientCalls): Promise<ClientCallsOutcome> => {
  const client = createClient({ url });
  await untilHashed(() => signIn(client));
  const bare = createTRPCClient<IssuerRouter>({
    links: [httpLink({ url: `${url}/trpc`, headers: { authorization: `Bearer ${token}` } })],
  });
  const calls = { bare: () => bare.account.me.query(), sdk: () => client.api.account.me.query() };
  await takeTurns(calls, warmUp);
  const outcome = await takeTurns(calls, seconds);
  client.dispose();
  return outcome;
});

async function signIn(client: CountersignClient): Promise<{ status: number }> {
  try {
    await client.signIn(credentials);
    return { status: 200 };
  } catch (error) {
    if (reasonOf(error) !== "busy") throw error;
    return { status: 503 };
  }
}

async function takeTurns(calls: Record<"bare" | "sdk", () => Promise<unknown>>, seconds: number) {
  const spent = { bare: { calls: 0, elapsed: 0, processor: 0 }, sdk: { calls: 0, elapsed: 0, processor: 0 } };
  for (let turn = 0; turn < (seconds * 1000) / TURN_MS; turn++) {
    const who = turn % 2 === 0 ? "bare" : "sdk";
    const began = performance.now();
    const before = process.cpuUsage();
    let count = 0;
    while (performance.now() - began < TURN_MS) {
      await calls[who]();
      count += 1;
    }
    const { user, system } = process.cpuUsage(before);
    spent[who].calls += count;
    spent[who].elapsed += performance.now() - began;
    spent[who].processor += (user + system) / 1000;
  }
  return spent;
}
