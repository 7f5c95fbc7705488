/** How hard argon2id works for one hash (RFC 9106 §3.1). */
export interface HashParameters {
  /** In KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** 46 MiB, once: the first choice of ASVS 5.0 (11.4.2, appendix C) and of OWASP. About 18 ms on a core of today. */
export const defaultParameters: HashParameters = { memory: 47_104, passes: 1, lanes: 1 };

/** ASVS 5.0, appendix C: the least memory in KiB for one, two, three and more passes. */
const LEAST_MEMORY = [47_104, 19_456, 12_288] as const;

const ENCODED =
  /^\$argon2(?:id|i|d)\$v=\d+\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
/** What is made here: 16 bytes of salt and 32 of hash, in base64 without padding. */
const OURS = /^\$argon2id\$v=19\$[^$]+\$[^$]{22}\$[^$]{43}$/;

/** @throws {TypeError} for settings that are weaker than ASVS 11.4.2 asks, or that are none. */
export function assertStrong({ memory, passes, lanes }: HashParameters): void {
  if (![memory, passes, lanes].every((value) => Number.isSafeInteger(value) && value > 0) || lanes > 255) {
    throw new TypeError("argon2id's parameters are positive whole numbers");
  }
  const least = LEAST_MEMORY[Math.min(passes, LEAST_MEMORY.length) - 1] ?? LEAST_MEMORY[0];
  if (memory < least) throw new TypeError(`argon2id with passes: ${passes} needs memory: ${least} KiB at least`);
}

/** The parameters that a stored hash was made with, or `undefined` for what no argon2 wrote. */
export function parametersOf(encoded: string): HashParameters | undefined {
  const [, memory, passes, lanes] = ENCODED.exec(encoded) ?? [];
  if (!memory || !passes || !lanes) return undefined;
  return { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
}

/** Whether a stored hash is what would be made today: argon2id, version 19, these parameters, full length. */
export function isCurrent(encoded: string, { memory, passes, lanes }: HashParameters): boolean {
  const made = parametersOf(encoded);
  return OURS.test(encoded) && made?.memory === memory && made.passes === passes && made.lanes === lanes;
}

/** A hash that no password is known for, and that costs as much to verify as a real one. */
export function decoyOf({ memory, passes, lanes }: HashParameters): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${"A".repeat(22)}$${"A".repeat(43)}`;
}
