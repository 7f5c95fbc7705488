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

const required = [
  ...numbers("corpus", [1, 18], 35, 48, 53, 55, 60, 69, 70, 75, [82, 85]),
  ...numbers("server case", 1, 2, 3, 7, 10, 11, 18),
  ...numbers("client case", 2, 3, 5, 6, 7, 9, 15, 16, 17, [22, 26], 31),
];

describe("the security map", () => {
  test("has a row for everything that this version must make hold", () => {
    const ids = new Set(rows.map(({ id }) => id));
    expect(required.filter((id) => !ids.has(id))).toEqual([]);
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
