/** A verification's result, and until when it may be kept: seconds since the epoch. */
export interface Verified {
  readonly exp: number;
}

export interface VerifiedTokens<T extends Verified> {
  /**
   * What was learned about this token, or what `verify` learns now. Callers that ask for one token at the same moment
   * share one verification.
   *
   * @throws whatever `verify` throws, which is never kept.
   */
  get(token: string, verify: (token: string) => Promise<T>): Promise<T>;
  /** What was learned about this token, `undefined` where nothing is remembered. */
  find(token: string | undefined): T | undefined;
  /** Whether anything is known about this token, or asked just now. */
  has(token: string): boolean;
  readonly size: number;
}

/**
 * Remembers which tokens are genuine. The key is the whole token, so nothing is ever mistaken for another (corpus 11).
 * Only what was verified is stored: a forged token cannot push out a good one. When full, the oldest goes.
 *
 * Does not check: whether a remembered token still holds; that is judged on every call.
 */
export function createVerifiedTokens<T extends Verified>(options: {
  readonly capacity: number;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}): VerifiedTokens<T> {
  const known = new Map<string, T>();
  const running = new Map<string, Promise<T>>();
  // Written so that an end that is no number has come.
  const isOver = (entry: T) => !(entry.exp * 1000 > options.now());

  function remember(token: string, entry: T): T {
    if (isOver(entry)) return entry;
    known.set(token, entry);
    for (const [oldest, candidate] of known) {
      if (known.size <= options.capacity && !isOver(candidate)) break;
      known.delete(oldest);
    }
    return entry;
  }

  function find(token: string | undefined): T | undefined {
    const entry = token === undefined ? undefined : known.get(token);
    return entry && !isOver(entry) ? entry : undefined;
  }

  return {
    find,
    get(token, verify) {
      const entry = find(token);
      if (entry) return Promise.resolve(entry);
      known.delete(token);
      const shared =
        running.get(token) ??
        Promise.resolve(token)
          .then(verify)
          .then((verified) => remember(token, verified))
          .finally(() => running.delete(token));
      running.set(token, shared);
      return shared;
    },
    has: (token) => find(token) !== undefined || running.has(token),
    get size() {
      return known.size;
    },
  };
}
