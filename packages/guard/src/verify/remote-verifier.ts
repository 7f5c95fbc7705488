import {
  type AccessToken,
  importVerificationKey,
  publicJwk,
  Refusal,
  type RevocationFact,
  type World,
} from "@countersign/tokens";
import { runtimeFetch } from "../issuer/fetch-json.ts";
import { fetchKeySetUrl, metadataUrls } from "../issuer/issuer-documents.ts";
import { createPublishedKeys, type RemoteOptions } from "../issuer/published-keys.ts";
import { createFeedKnowledge } from "../revocation/feed-knowledge.ts";
import { createFeedRequest } from "../revocation/feed-request.ts";
import { createFeedSource } from "../revocation/feed-source.ts";
import { createPollSource } from "../revocation/poll-source.ts";
import type { KnownRevocation } from "../revocation/revocation.ts";
import { createServiceToken } from "../revocation/service-token.ts";
import { runtimeTimer, type Timer } from "../timer.ts";
import { createVerifier, type OwnToken } from "./local-verifier.ts";
import type { Verifier } from "./verifier.ts";

export interface RemoteParts extends RemoteOptions {
  /** How it learns of revocations; `null` for not at all: a token lives until it expires. */
  readonly revocation: KnownRevocation | null;
  readonly world: World;
  readonly timer?: Timer;
}

/**
 * A verifier for an issuer elsewhere, by its URL. Fetches the keys when the first token is checked and keeps them fresh;
 * begins to learn of revocations then, or when it is asked whether it is ready.
 */
export function createRemoteVerifier(issuer: string, parts: RemoteParts): Verifier {
  const { revocation, world, fetch = runtimeFetch, timer = runtimeTimer } = parts;
  const now = () => world.now();
  const keys = createPublishedKeys({
    locate: (fetch) => fetchKeySetUrl(issuer, metadataUrls(issuer), fetch),
    read: readKey,
    fetch,
    now,
  });
  const common = { issuer, keys: keys.find, hasKey: keys.has };
  if (revocation === null) return createVerifier({ ...common, revoked: () => undefined, now });

  const listeners = new Set<() => void>();
  const knowledge = createFeedKnowledge((facts: readonly RevocationFact[], isAnew) => {
    // A database that a backup was put in the place of knows nothing of the keys that came after the backup, so no fact
    // names them: they are gone from the key set.
    if (isAnew || facts.some((fact) => fact.kind === "key" && keys.has(fact.id))) keys.refresh();
    for (const listener of listeners) listener();
  });
  const revoked = ({ kid, claims }: AccessToken) => knowledge.set.judge(kid, claims);
  /** What is known to be dead stays dead, whatever else is not known. */
  const refuse = (token: OwnToken, cause: unknown): never => {
    const reason = revoked(token);
    throw reason === undefined ? cause : new Refusal(reason, { detail: "revoked" });
  };
  const issuerNow = () => now() + knowledge.offset;
  const verifier = createVerifier({ ...common, revoked, now: issuerNow });
  const token = createServiceToken({ issuer, credential: revocation.credential, fetch, now, timer });
  const request = createFeedRequest(issuer, fetch, token);
  const createSource = revocation.mode === "feed" ? createFeedSource : createPollSource;
  const source = createSource({ knowledge, request, revocation, world, timer });

  return Object.freeze({
    issuer,
    async verify(text: string, audience: string) {
      // First: a clock that nobody has compared would call a good token expired.
      await source.ask();
      return await verifier.verify(text, audience);
    },
    judge(token: OwnToken) {
      try {
        const asked = source.ask();
        if (asked === undefined) return verifier.judge(token);
        return asked.then(() => verifier.judge(token)).catch((cause) => refuse(token, cause));
      } catch (cause) {
        return refuse(token, cause);
      }
    },
    now: issuerNow,
    ready: async () => await source.ask(),
    close: () => source.close(),
    watch(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
}

/** A public signing key of ours, exactly. */
async function readKey(jwk: unknown) {
  const parsed = publicJwk.safeParse(jwk);
  return parsed.success ? await importVerificationKey(parsed.data).catch(() => undefined) : undefined;
}
