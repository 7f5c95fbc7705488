import { type Fetch, runtimeFetch } from "./fetch-json.ts";
import { fetchKeySet, type ReadKey } from "./issuer-documents.ts";
import { createRemoteKeys, type RemoteKeys } from "./remote-keys.ts";

export interface RemoteOptions {
  /** To reach the issuer; the runtime's own by default. For an authority of your own, give one that trusts it. */
  readonly fetch?: Fetch | undefined;
}

/** The keys that an issuer elsewhere publishes: fetched when the first token is checked, and kept fresh from then on. */
export function createPublishedKeys<A extends string>(parts: {
  /** Answers where the key set stands. */
  locate(fetch: Fetch): Promise<string>;
  readonly read: ReadKey<A>;
  readonly fetch: Fetch | undefined;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}): RemoteKeys<A> {
  const { fetch = runtimeFetch } = parts;
  let known: string | undefined;
  const fetchKeys = async () => {
    const url = known ?? (await parts.locate(fetch));
    // Remembered once it has served, and asked for again when it no longer does.
    known = undefined;
    const keys = await fetchKeySet(url, fetch, parts.read);
    known = url;
    return keys;
  };
  return createRemoteKeys(fetchKeys, () => parts.now());
}
