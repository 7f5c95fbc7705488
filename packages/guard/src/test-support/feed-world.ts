import type { World } from "@countersign/tokens";
import { AUDIENCE, ISSUER } from "../../../tokens/src/testing/forge.ts";
import type { Fetch } from "../issuer/fetch-json.ts";
import { checkRevocation, type FeedCredential, type Revocation } from "../revocation/revocation.ts";
import { createRemoteVerifier } from "../verify/remote-verifier.ts";
import type { VerifiedToken, Verifier } from "../verify/verifier.ts";
import { createDesk, type Desk } from "./desk.ts";
import { CREDENTIAL, type Feed, startFeed } from "./feed.ts";
import { type HandTimer, handTimer } from "./hand-timer.ts";
import { type IssuerServer, METADATA, startIssuerServer } from "./issuer-server.ts";

export const JWKS = "/keys";

/** An issuer with keys and a feed on a real socket, its clock, and a guard's verifier with a clock and timers of its own. */
export interface FeedWorld {
  readonly desk: Desk;
  readonly server: IssuerServer;
  readonly feed: Feed;
  readonly timers: HandTimer;
  verifier(revocation?: Partial<Revocation>, changes?: { fetch?: Fetch; world?: World }): Verifier;
  /** The reason why this verifier refuses, or `undefined`. */
  refusal(verifier: Verifier, token: string | VerifiedToken): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function openFeedWorld(): Promise<FeedWorld> {
  const desk = await createDesk();
  const server = await startIssuerServer(ISSUER);
  server.answer(METADATA, { issuer: ISSUER, jwks_uri: `${ISSUER}${JWKS}` });
  server.answer(JWKS, { keys: [desk.pair.generated.publicJwk] });
  const feed = startFeed(server, () => desk.world.now());
  const timers = handTimer();
  const verifiers: Verifier[] = [];
  return {
    desk,
    server,
    feed,
    timers,
    verifier(revocation = {}, { fetch = server.fetch, world = desk.world } = {}) {
      const credential: FeedCredential = CREDENTIAL;
      const checked = checkRevocation({ mode: "feed", credential, ...revocation } as Revocation);
      const verifier = createRemoteVerifier(ISSUER, { fetch, revocation: checked, world, timer: timers.timer });
      verifiers.push(verifier);
      return verifier;
    },
    async refusal(verifier, token) {
      try {
        await verifier.judge(typeof token === "string" ? await verifier.verify(token, AUDIENCE) : token);
        return undefined;
      } catch (cause) {
        return (cause as Error).message;
      }
    },
    async close() {
      for (const verifier of verifiers) verifier.close?.();
      await server.close();
    },
  };
}
