import { Refusal, type VerificationKey } from "@countersign/tokens";

/** After an attempt there is no other for so long, whoever asks. */
export const COOL_DOWN_MS = 30_000;
/** After the first that failed where there is no set to serve with; twice as long after each further one. */
export const FIRST_COOL_DOWN_MS = 1_000;
/** From this age on a set is fetched again while the old one serves. */
export const RENEW_MS = 240_000;
/** From this age on nothing is believed before it was fetched again. */
export const MAX_AGE_MS = 300_000;
/** How long the last set serves while the issuer cannot be reached. */
export const STALE_IF_ERROR_MS = 24 * 3_600_000;
/** How many names of no key are remembered. */
const MAX_UNKNOWN = 1_000;

export type KeySet<A extends string> = ReadonlyMap<string, VerificationKey<A>>;

export interface RemoteKeys<A extends string> {
  /**
   * The key of this name, `undefined` where the issuer publishes none.
   *
   * @throws {Refusal} `unavailable` where there is no set to look in.
   */
  find(kid: string): Promise<VerificationKey<A> | undefined>;
  /** Whether a key of this name is published, as far as is known now. */
  has(kid: string): boolean;
  /**
   * Fetches the set again, because the issuer says that it has changed. Does not wait for the cool-down; where the fetch
   * fails, the next call after one tries again.
   */
  refresh(): void;
}

/**
 * Keeps an issuer's published keys. However many calls ask, one fetch runs at a time and one starts per cool-down: a flood
 * of unknown names costs a fetch each 30 s, and a name looked for in vain is not looked for again while a set is fresh.
 * Where there is no set, the first attempt that failed is soon followed by another, and the next ones by fewer and fewer.
 * Once there was a set, an issuer that cannot be reached stops nothing for a day, and nobody waits for it.
 *
 * Does not check: what `fetchKeys` answers.
 */
export function createRemoteKeys<A extends string>(
  fetchKeys: () => Promise<KeySet<A>>,
  now: () => number,
): RemoteKeys<A> {
  let keys: KeySet<A> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let failure: unknown;
  /** In a row. */
  let failures = 0;
  let hasChanged = false;
  const unknown = new Map<string, number>();

  // A clock that was set back must not freeze anything, so only distances count.
  const since = (moment: number) => Math.abs(now() - moment);
  const isDue = () => hasChanged || since(fetchedAt) >= RENEW_MS;
  const usable = () => (since(fetchedAt) < STALE_IF_ERROR_MS ? keys : undefined);

  async function fetchOnce(): Promise<void> {
    attemptedAt = now();
    try {
      keys = await fetchKeys();
      fetchedAt = attemptedAt;
      failure = undefined;
      failures = 0;
      hasChanged = false;
    } catch (cause) {
      failure = cause;
      failures += 1;
    }
  }

  function coolDown(): number {
    if (usable() || failures === 0) return COOL_DOWN_MS;
    return Math.min(COOL_DOWN_MS, FIRST_COOL_DOWN_MS * 2 ** (failures - 1));
  }

  /** The fetch that runs, a new one where the cool-down allows it, or nothing. Never rejects. */
  function renew(): Promise<void> | undefined {
    if (!running && since(attemptedAt) >= coolDown()) {
      running = fetchOnce().finally(() => {
        running = undefined;
      });
    }
    return running;
  }

  function remember(kid: string): void {
    unknown.delete(kid);
    unknown.set(kid, now());
    const [oldest] = unknown.keys();
    if (unknown.size > MAX_UNKNOWN && oldest !== undefined) unknown.delete(oldest);
  }

  function unavailable(): Refusal {
    const retryAfter = Math.max(1, Math.ceil((coolDown() - since(attemptedAt)) / 1000));
    return new Refusal("unavailable", { detail: "no key set of the issuer", cause: failure, retryAfter });
  }

  return {
    async find(kid) {
      const renewal = isDue() ? renew() : undefined;
      const mayServe = since(fetchedAt) < MAX_AGE_MS || failure !== undefined;
      if (!mayServe || !usable()) await renewal;
      const known = usable()?.get(kid);
      if (known) return known;
      if (!usable()) throw unavailable();
      if (since(unknown.get(kid) ?? Number.NEGATIVE_INFINITY) < MAX_AGE_MS) return undefined;
      const search = renew();
      if (!search) return undefined;
      await search;
      if (!usable()?.has(kid) && failure === undefined) remember(kid);
      return usable()?.get(kid);
    },
    has(kid) {
      if (isDue()) void renew();
      return usable()?.has(kid) ?? false;
    },
    refresh() {
      // A fetch that runs may have read the set before it changed.
      void Promise.resolve(running).then(() => {
        attemptedAt = Number.NEGATIVE_INFINITY;
        hasChanged = true;
        void renew();
      });
    },
  };
}
