import type { VerificationKey } from "@countersign/tokens";
import type { Fetch } from "./fetch-json.ts";
import { fetchKeySet, fetchKeySetUrl } from "./issuer-documents.ts";
import { createVerifier } from "./local-verifier.ts";
import { createRemoteKeys } from "./remote-keys.ts";
import type { Verifier } from "./verifier.ts";

export interface RemoteOptions {
  /** To reach the issuer; the runtime's own by default. For an authority of your own, give one that trusts it. */
  readonly fetch?: Fetch | undefined;
}

/**
 * A verifier for an issuer elsewhere, by its URL. Fetches the keys when the first token is checked and keeps them fresh.
 *
 * Does not check: revocation. A token lives until it expires.
 */
export function createRemoteVerifier(issuer: string, options: RemoteOptions & { now(): number }): Verifier {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  let keySetUrl: string | undefined;

  async function fetchKeys(): Promise<ReadonlyMap<string, VerificationKey>> {
    const url = keySetUrl ?? (await fetchKeySetUrl(issuer, fetch));
    // Remembered once it has served, and asked for again when it no longer does.
    keySetUrl = undefined;
    const keys = await fetchKeySet(url, fetch);
    keySetUrl = url;
    return keys;
  }

  const { find, has } = createRemoteKeys(fetchKeys, () => options.now());
  return createVerifier({ issuer, keys: find, hasKey: has, revoked: () => undefined, now: () => options.now() });
}
