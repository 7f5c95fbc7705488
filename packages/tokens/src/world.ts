/**
 * Everything that a pure rule would otherwise take from its surroundings. Rules receive a `World`, so a test can hold
 * the clock still and a program can take its time from a database.
 */
export interface World {
  /** Wall-clock time in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Bytes from a cryptographically secure source. */
  random(bytes: number): Uint8Array<ArrayBuffer>;
}

/** The machine's own clock and randomness. The only place in this package that reads either. */
export const systemWorld: World = {
  now: () => Date.now(),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
};
