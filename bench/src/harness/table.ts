import { type Bound, type Figure, isReached, type Result } from "./bench.ts";

/** A bench's result for people. */
export function table({ figures, notes }: Result): string {
  const rows = figures.map((figure) => [figure.name, amount(figure), roundsOf(figure), verdict(figure)]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return [...lines, ...notes.map((note) => `note: ${note}`)].map((line) => `  ${line.trimEnd()}\n`).join("");
}

function amount({ value, unit }: Figure): string {
  return `${digits(value)}${unit === "" || unit === "/s" ? unit : ` ${unit}`}`;
}

/** Three figures that count, more only before the point. */
function digits(value: number): string {
  return value.toFixed(Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))));
}

function roundsOf({ rounds }: Figure): string {
  return rounds && rounds.length > 1 ? `(${rounds.map(digits).join(", ")})` : "";
}

function verdict({ value, toReach }: Figure): string {
  return toReach ? `${phrase(toReach)}: ${isReached(value, toReach) ? "reached" : "NOT reached"}` : "";
}

function phrase(bound: Bound): string {
  return "atLeast" in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
}
