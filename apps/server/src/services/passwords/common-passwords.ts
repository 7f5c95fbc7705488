import { createRequire } from "node:module";
import { READINGS, undisguise } from "./disguises.ts";

type CommonLanguage = typeof import("@zxcvbn-ts/language-common");

let common: ReadonlySet<string> | undefined;

/**
 * Whether a password is one of those that leaked lists hold most often (ASVS 6.2.4, 6.2.12), in any case and under the
 * usual disguises. Knows those of `least` characters or more; there are some 18 000 of eight.
 *
 * The list takes 25 MB and a fifth of a second, so it is read when the first password is chosen, and without a promise
 * that a caller could forget to wait for.
 */
export function isCommonPassword(password: string, least: number): boolean {
  common ??= new Set(
    readList()
      .filter((entry) => entry.length >= least)
      .flatMap(spellings),
  );
  return spellings(password).some((spelling) => spelling.length >= least && common?.has(spelling));
}

function spellings(password: string): string[] {
  return [password.toLowerCase(), ...READINGS.map((reading) => undisguise(password, reading))];
}

function readList(): readonly string[] {
  const language = createRequire(import.meta.url)("@zxcvbn-ts/language-common") as CommonLanguage;
  return language.dictionary["passwords-common"];
}
