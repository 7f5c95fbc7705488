import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const map = new URL("security.md", import.meta.url);

interface Row {
  readonly id: string;
  readonly tests: readonly string[];
}

/** The rows of every table whose last column links to tests. */
const rows: Row[] = readFileSync(map, "utf8")
  .split("\n")
  .filter((line) => /^\| .*\]\([^)]+\.test\.ts\)/.test(line))
  .map((line) => ({
    id: line.split("|")[1]?.trim() ?? "",
    tests: [...line.matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, link = ""]) => link),
  }));

/** The ids that the titles in a test file name: "corpus 11: …", "corpus 1, 2: …", "ASVS 6.2.4, corpus 69: …". */
function named(link: string): Set<string> {
  const source = readFileSync(new URL(link, map), "utf8");
  const ids = new Set<string>();
  for (const [title] of source.matchAll(/"[^"\n]+"|`[^`\n]+`/g)) {
    for (const [, kind, numbers = ""] of title.matchAll(
      /\b(corpus|server case|client case|ASVS|RFC \d+)s? ((?:§?[\d.]+\d|\d)(?:(?:, | and |, and )§?\d[\d.]*)*)/g,
    )) {
      for (const number of numbers.split(/, and |, | and /)) ids.add(`${kind} ${number.replace(/^§|\.$/g, "")}`);
    }
  }
  return ids;
}

const numbers = (kind: string, ...ranges: readonly (number | readonly [number, number])[]) =>
  ranges.flatMap((range) =>
    typeof range === "number"
      ? [`${kind} ${range}`]
      : Array.from({ length: range[1] - range[0] + 1 }, (_, i) => `${kind} ${range[0] + i}`),
  );

/** Rows of ASVS 5.0 from 1 to the last one that concerns us, section by section: a test, or why there is none yet. */
const sections = {
  "3.2": 2,
  "3.3": 4,
  "3.4": 8,
  "3.5": 8,
  "3.7": 2,
  "4.1": 4,
  "4.2": 1,
  "4.4": 4,
  "6.2": 12,
  "7.1": 3,
  "7.2": 4,
  "7.3": 2,
  "7.4": 5,
  "7.5": 3,
  "7.6": 2,
  "8.1": 2,
  "8.2": 3,
  "8.3": 3,
  "8.4": 2,
  "9.1": 3,
  "9.2": 4,
  "10.1": 2,
  "11.4": 4,
  "12.1": 2,
  "12.2": 1,
  "12.3": 2,
  "14.2": 2,
  "14.3": 3,
  "16.1": 1,
  "16.2": 5,
  "16.3": 4,
  "16.4": 3,
  "16.5": 4,
};

/** The rows of the table of what is not there yet, with its reason. */
const notYet = (
  readFileSync(map, "utf8")
    .split(/^## /m)
    .find((part) => part.startsWith("Not yet")) ?? ""
)
  .split("\n")
  .flatMap((line) => /^\| (ASVS [\d.]+) *\| \S.{10,} \|$/.exec(line)?.[1] ?? []);

/** Sections of RFCs that ask something of us. */
const duties = {
  "6750": ["2", "3", "3.1", "5.2", "5.3"],
  "8414": ["2", "3", "3.3"],
  "8725": ["3.1", "3.3", "3.4", "3.5", "3.7", "3.8", "3.11", "3.12"],
  "9068": ["2.1", "2.2", "2.2.1", "4", "5"],
  "9449": ["4.2", "4.3", "5", "6.1", "7.1", "7.2", "8", "9", "10", "11.1"],
  "9470": ["3", "4", "5"],
};

const required = [
  ...numbers("corpus", [1, 28], [33, 37], 48, 50, 51, [53, 72], [74, 85]),
  ...numbers("server case", [1, 7], [9, 13], [15, 18]),
  ...numbers("client case", [1, 31]),
  ...Object.entries(duties).flatMap(([rfc, asked]) => asked.map((section) => `RFC ${rfc} ${section}`)),
];

describe("the security map", () => {
  test("has a row for everything that this version must make hold", () => {
    const ids = new Set(rows.map(({ id }) => id));
    expect(required.filter((id) => !ids.has(id))).toEqual([]);
  });

  test("has every row of the chapters of ASVS that this version owes, with a test or with why there is none yet", () => {
    const owed = Object.entries(sections).flatMap(([section, last]) =>
      Array.from({ length: last }, (_, index) => `ASVS ${section}.${index + 1}`),
    );
    const shown = rows.map(({ id }) => id);
    expect(owed.filter((id) => !shown.includes(id) && !notYet.includes(id))).toEqual([]);
    expect(notYet.filter((id) => shown.includes(id) || !owed.includes(id))).toEqual([]);
  });

  test("points to test files that exist", () => {
    const links = new Set(rows.flatMap(({ tests }) => tests));
    expect([...links].filter((link) => !existsSync(new URL(link, map)))).toEqual([]);
  });

  test("points to files that hold a test named after the row", () => {
    const wrong = rows.flatMap(({ id, tests }) =>
      tests.filter((link) => !named(link).has(id)).map((link) => `${id}: ${link}`),
    );
    expect(wrong).toEqual([]);
  });

  test("the README's claims point to tests that exist", () => {
    const readme = readFileSync(new URL("../README.md", map), "utf8");
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^https?:/.test(link));
    expect(links.filter((link) => !existsSync(new URL(`../${link}`, map)))).toEqual([]);
    expect(links.filter((link) => link.endsWith(".test.ts")).length).toBeGreaterThan(10);
  });

  test("lists nothing twice", () => {
    const seen = rows.map(({ id }) => id);
    expect(seen.filter((id, index) => seen.indexOf(id) !== index)).toEqual([]);
  });
});
