/** Digits and signs that people write for letters. i and l are one letter here, because 1 and ! stand for both. */
const DIGITS = { 0: "o", 1: "i", l: "i", 3: "e", 4: "a", 5: "s", 7: "t", 8: "b" };
const SIGNS = { "!": "i", "|": "i", "@": "a", $: "s", "+": "t" };

const readings: readonly ReadonlyMap<string, string>[] = [
  new Map(Object.entries(DIGITS)),
  new Map(Object.entries({ ...DIGITS, ...SIGNS })),
];

/** How many ways there are to read a disguised text: signs as decoration, and signs as letters. */
export const READINGS = [0, 1] as const;
export type Reading = (typeof READINGS)[number];

/**
 * A text without its usual disguises: small letters, no blanks, no punctuation, digits back to letters. To be compared
 * with another one in the same reading, never to be shown.
 */
export function undisguise(text: string, reading: Reading): string {
  const letters = readings[reading];
  const plain = Array.from(text.toLowerCase(), (character) => letters?.get(character) ?? character);
  return plain.join("").replace(/[^\p{L}\p{N}]+/gu, "");
}
