import { safeJson, safeText, widthOf } from "./safe-text.ts";

/** What a command has to say: one of the two goes to standard output, the note to standard error. */
export interface Answer {
  /** For people; empty where the note says it all. */
  readonly text: (style: Style) => string;
  /** For programs, with `--json`. */
  readonly json: unknown;
  readonly note?: string;
}

/** An answer that may be endless: lines for people and programs alike, each of them written as soon as it is there. */
export interface Lines {
  readonly lines: AsyncIterable<string>;
}

/** The few ways to make text stand out; all of them nothing where there are no colours. */
export interface Style {
  readonly head: (text: string) => string;
  readonly faint: (text: string) => string;
}

export type Cell = string | number | boolean | null | undefined | readonly string[];

/** A list as a table of columns, each named by its heading; `rows` as they came for programs. */
export function table<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => Cell>>,
  json: unknown = rows,
): Answer {
  return { json, text: (style) => layOut(Object.keys(columns), rows.map(cellsOf(columns)), style) };
}

/** One thing as a list of named values. */
export function record(fields: Readonly<Record<string, Cell>>, json: unknown): Answer {
  const names = Object.keys(fields);
  const width = Math.max(...names.map((name) => name.length));
  const text = (style: Style) =>
    names
      .map((name) => [style.faint(name.padEnd(width)), print(fields[name])].join("  ").trimEnd().concat("\n"))
      .join("");
  return { json, text };
}

/** Something was done and there is nothing to show; programs get what it was done to. */
export function done(note: string, json: unknown): Answer {
  return { json, note, text: () => "" };
}

/** A time in seconds since the epoch, in UTC to the second; empty for none. */
export function time(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "";
  return new Date(seconds * 1000)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

/** The text that goes to standard output: JSON if asked for, else the human form. */
export function render(answer: Answer, json: boolean, style: Style): string {
  return json ? `${safeJson(answer.json)}\n` : answer.text(style);
}

const cellsOf =
  <Row>(columns: Readonly<Record<string, (row: Row) => Cell>>) =>
  (row: Row) =>
    Object.values(columns).map((cell) => print(cell(row)));

function layOut(headings: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const widths = headings.map((heading, at) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[at] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd();
  return [style.head(line(headings)), ...rows.map(line)].map((text) => `${text}\n`).join("");
}

function print(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (cell === true) return "yes";
  if (cell === false) return "no";
  return safeText(typeof cell === "object" ? cell.join(" ") : String(cell));
}
