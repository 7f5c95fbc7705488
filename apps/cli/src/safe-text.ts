import { stripVTControlCharacters } from "node:util";

// C0, DEL, C1, line and paragraph separators, and what turns the direction of the text around it.
const controls = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text of someone else's making, safe to print in one line of a terminal: escaped sequences go, every other control
 * character becomes U+FFFD, so that nobody can hide one. (ASVS 16.4.1)
 */
export function safeText(text: string): string {
  return stripVTControlCharacters(text).replace(controls, "\ufffd");
}

/** The same for a text of several lines, each of them ended. */
export function safeLines(text: string): string {
  return text
    .split("\n")
    .map((line) => `${safeText(line)}\n`)
    .join("");
}

/** JSON of any value in which no character moves a terminal's cursor: the same data, more of it escaped. */
export function safeJson(value: unknown): string {
  return escaped(JSON.stringify(value, null, 2));
}

/** The same in one line. */
export function safeJsonLine(value: unknown): string {
  return escaped(JSON.stringify(value));
}

function escaped(json: string): string {
  return json.replace(controls, (char) =>
    char === "\n" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const wide = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}]/gu;
const narrow = /\p{Mark}/gu;

/** How many columns of a terminal a printable text takes: near enough to line up a table. */
export function widthOf(text: string): number {
  const points = [...text].length;
  return points + (text.match(wide)?.length ?? 0) - (text.match(narrow)?.length ?? 0);
}
