import type { SessionReply } from "@countersign/tokens";
import { createProver, type Prover, type Proving } from "../../../../../packages/tokens/src/testing/prover.ts";
import type { Client } from "../../store/records.ts";
import { ISSUER, NOTES, PASSWORD, SOMEBODY, type TestIssuer } from "./test-issuer.ts";

const ORIGIN = "https://app.elsewhere.example";

/** An app on another site, whose requests for tokens are proved with a key. */
/** An API whose tokens are bound, for who has a key. */
export const FILES = "https://files.example";
export const boundAudiences = [
  { audience: NOTES, permissions: ["notes:read"] },
  { audience: FILES, permissions: ["files:read"], boundTokens: true },
];

export const boundApp: Client = {
  id: "elsewhere",
  name: "Elsewhere",
  mode: "bound",
  origins: [ORIGIN],
  audiences: [ISSUER, NOTES, FILES],
};
/** Where its requests come from. */
export const FROM = { client: boundApp.id, origin: ORIGIN };

/** The app in somebody's browser: one key, and what can be asked with it or with another. */
export interface BoundBrowser {
  readonly key: Prover;
  proof(route: "start" | "refresh" | "end", change?: Partial<Proving>): Promise<string>;
  handoff(jkt?: string): Promise<string>;
  start(handoff?: string, proof?: string): Promise<SessionReply>;
  refresh(refreshToken: string, proof?: string | null, at?: TestIssuer): Promise<SessionReply>;
  /** The same for these APIs. */
  tokensFor(refreshToken: string, audiences: readonly string[]): Promise<SessionReply>;
  end(refreshToken: string, proof?: string | null): Promise<void>;
}

/** `email` is that of an account that is there. */
export async function openBoundBrowser(issuer: TestIssuer, email: string): Promise<BoundBrowser> {
  const key = await createProver();
  const { sessions, signIn } = issuer.services;
  const clock = issuer.options.world ?? issuer.world;
  const proof: BoundBrowser["proof"] = (route, change = {}) =>
    key.prove({ method: "POST", url: `${ISSUER}/session/${route}`, now: clock.now(), ...change });
  const handoff = async (jkt = key.jkt) =>
    (await signIn.run("password", { email, password: PASSWORD }, { ...FROM, jkt }, SOMEBODY)).handoff;
  /** A proof of its own where none is given; `null` for none at all. */
  const given = async (route: "refresh" | "end", one: string | null | undefined) =>
    one === undefined ? await proof(route) : (one ?? undefined);
  return {
    key,
    proof,
    handoff,
    start: async (redeemed, one) =>
      await sessions.start(
        { ...FROM, handoff: redeemed ?? (await handoff()), proof: one ?? (await proof("start")) },
        SOMEBODY,
      ),
    refresh: async (refreshToken, one, at = issuer) =>
      await at.services.sessions.refresh(
        { client: FROM.client, refreshToken, proof: await given("refresh", one) },
        SOMEBODY,
      ),
    tokensFor: async (refreshToken, audiences) =>
      await sessions.refresh({ client: FROM.client, refreshToken, audiences, proof: await proof("refresh") }, SOMEBODY),
    end: async (refreshToken, one) =>
      await sessions.end({ client: FROM.client, refreshToken, proof: await given("end", one) }, SOMEBODY),
  };
}
