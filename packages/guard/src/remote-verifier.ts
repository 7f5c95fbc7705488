import { importVerificationKey, publicJwk } from "@countersign/tokens";
import { fetchKeySetUrl, metadataUrls } from "./issuer-documents.ts";
import { createVerifier } from "./local-verifier.ts";
import { createPublishedKeys, type RemoteOptions } from "./published-keys.ts";
import type { Verifier } from "./verifier.ts";

/**
 * A verifier for an issuer elsewhere, by its URL. Fetches the keys when the first token is checked and keeps them fresh.
 *
 * Does not check: revocation. A token lives until it expires.
 */
export function createRemoteVerifier(issuer: string, options: RemoteOptions & { now(): number }): Verifier {
  const now = () => options.now();
  const keys = createPublishedKeys({
    locate: (fetch) => fetchKeySetUrl(issuer, metadataUrls(issuer), fetch),
    read: readKey,
    fetch: options.fetch,
    now,
  });
  return createVerifier({ issuer, keys: keys.find, hasKey: keys.has, revoked: () => undefined, now });
}

/** A public signing key of ours, exactly. */
async function readKey(jwk: unknown) {
  const parsed = publicJwk.safeParse(jwk);
  return parsed.success ? await importVerificationKey(parsed.data).catch(() => undefined) : undefined;
}
