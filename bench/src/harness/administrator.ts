import type { Agent } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { call, type Reply } from "./call.ts";
import type { IssuerServer } from "./issuer.ts";

export const credentials = { email: "ann@example.com", password: "seven plums in winter" };
const RETRY_MS = 500;

/** Makes the first administrator, signs them in, and answers their access token for the issuer and their account's id. */
export async function setUpAdministrator(server: IssuerServer): Promise<{ token: string; account: string }> {
  const agent = server.connect(1);
  const secret = new URL(server.setUpLink).hash.slice(1);
  const setUp = await untilHashed(() =>
    call(agent, `${server.url}/trpc/signIn.setUp`, { body: { client: "cli", secret, name: "Ann", ...credentials } }),
  );
  const { accessToken, account } = await redeem(server, agent, setUp.body);
  return { token: accessToken, account };
}

/** Signs the administrator in once more, for these audiences. */
export async function startSession(server: IssuerServer, agent: Agent, audiences: readonly string[]) {
  const signedIn = await untilHashed(() =>
    call(agent, `${server.url}/trpc/signIn.password`, { body: { client: "cli", ...credentials } }),
  );
  return await redeem(server, agent, signedIn.body, audiences);
}

/** Whoever is told that hashing is busy (503) comes again. */
export async function untilHashed<Answer extends Pick<Reply, "status">>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await delay(RETRY_MS);
  }
}

async function redeem(server: IssuerServer, agent: Agent, signedIn: unknown, audiences?: readonly string[]) {
  const { handoff } = (signedIn as { result: { data: { handoff: string } } }).result.data;
  const started = await call(agent, `${server.url}/session/start`, { body: { client: "cli", handoff, audiences } });
  const reply = started.body as { account: string; refresh_token: string; tokens: { access_token: string }[] };
  const [token] = reply.tokens;
  if (!token) throw new Error("the session started without a token");
  return { account: reply.account, accessToken: token.access_token, refreshToken: reply.refresh_token };
}
