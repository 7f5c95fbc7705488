import { createIssuer, defineSignInMethod, type Issuer } from "@countersign/server";
import { z } from "zod";
import type { Database } from "./stored-sessions.ts";

const email = "ann@example.com";
const password = "seven plums in winter";
/** Whoever names the account is let in: what a sign-in costs is not the question here. */
const byName = defineSignInMethod({
  name: "byName",
  input: z.strictObject({ email: z.string() }),
  prove: async ({ email }) => ({ email, amr: ["swk"], acr: "1fa" }),
});
const unlimited = { most: Number.MAX_SAFE_INTEGER, windowMs: 60_000 };

/** One session, whose refresh token is used up and replaced again and again. */
export interface Chain {
  refreshToken: string;
}

/** An issuer in this process, asked as a `fetch` handler: what refreshing costs without a network. */
export interface Desk extends AsyncDisposable {
  /** Makes the account that signs in; once in the life of a database. */
  signUp(): Promise<void>;
  signIn(): Promise<Chain>;
  /** Answers the successor. @throws {Error} where it is refused */
  refresh(refreshToken: string): Promise<string>;
}

export async function openDesk(database: Database): Promise<Desk> {
  const issuer = await createIssuer({
    issuer: "https://auth.example",
    database,
    masterKeys: [new Uint8Array(32).fill(7)],
    signUp: "open",
    signIn: [byName],
    limits: { address: unlimited, accountFromAddress: unlimited, account: unlimited },
  });
  return {
    async signUp() {
      await post(issuer, "/trpc/signIn.signUp", { client: "cli", name: "Ann", email, password });
    },
    async signIn() {
      const signedIn = await post(issuer, "/trpc/signIn.method", { client: "cli", method: "byName", input: { email } });
      const { handoff } = (signedIn as { result: { data: { handoff: string } } }).result.data;
      return { refreshToken: refreshTokenIn(await post(issuer, "/session/start", { client: "cli", handoff })) };
    },
    refresh: async (refreshToken) =>
      refreshTokenIn(await post(issuer, "/session/refresh", { client: "cli", refresh_token: refreshToken })),
    [Symbol.asyncDispose]: () => issuer.close(),
  };
}

async function post(issuer: Issuer, path: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json", "x-countersign": "1" };
  const request = new Request(issuer.issuer + path, { method: "POST", headers, body: JSON.stringify(body) });
  const response = await issuer.fetch(request, { address: "192.0.2.1" });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${answer}`);
  return JSON.parse(answer);
}

function refreshTokenIn(reply: unknown): string {
  return (reply as { refresh_token: string }).refresh_token;
}
