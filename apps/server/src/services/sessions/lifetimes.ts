import { MAX_TOKEN_LIFE_S } from "@countersign/tokens";

/** How long things live, in seconds. */
export interface Lifetimes {
  readonly accessToken: number;
  /** Of a service: it has its secret at hand, and asks again. */
  readonly serviceToken: number;
  /** A session ends when it was not refreshed for so long. */
  readonly sessionIdle: number;
  /** And in any case so long after it started. */
  readonly sessionAbsolute: number;
  /** The same for a session that is bound to a key: its refresh token rests where scripts can use it. */
  readonly boundSessionAbsolute: number;
}

const DAY_S = 24 * 60 * 60;

const defaultLifetimes: Lifetimes = {
  accessToken: 5 * 60,
  serviceToken: 5 * 60,
  sessionIdle: 14 * DAY_S,
  sessionAbsolute: 90 * DAY_S,
  boundSessionAbsolute: DAY_S,
};

/** @throws {TypeError} for a life out of bounds */
export function checkLifetimes(given: Partial<Lifetimes> = {}): Lifetimes {
  const lifetimes = { ...defaultLifetimes, ...given };
  for (const [name, seconds] of Object.entries(lifetimes)) {
    if (!Object.hasOwn(defaultLifetimes, name)) throw new TypeError(`lifetimes.${name}: not a lifetime`);
    if (!Number.isSafeInteger(seconds) || seconds < 1)
      throw new TypeError(`lifetimes.${name}: whole seconds, at least 1`);
  }
  for (const name of ["accessToken", "serviceToken"] as const) {
    if (lifetimes[name] > MAX_TOKEN_LIFE_S) throw new TypeError(`lifetimes.${name}: at most ${MAX_TOKEN_LIFE_S}`);
  }
  if (lifetimes.sessionIdle > lifetimes.sessionAbsolute) {
    throw new TypeError("lifetimes.sessionIdle: at most sessionAbsolute");
  }
  return lifetimes;
}
