import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("..", import.meta.url);
const list = (...patterns: string[]) =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...patterns], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
const files = list("*.ts");
const sources = files.filter((file) => !/\.(test|test-d|config)\.ts$/.test(file));
const read = (file: string) => readFileSync(new URL(file, root), "utf8");
const code = (file: string) =>
  read(file)
    .split("\n")
    .filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line));

describe("the house rules", () => {
  test("no file holds more than 300 lines of code, and half of them at most 60", () => {
    const written = sources.filter((file) => !read(file).startsWith("// @generated"));
    const sizes = written.map((file) => ({ file, lines: code(file).length })).sort((a, b) => a.lines - b.lines);
    expect(sizes.filter(({ lines }) => lines > 300)).toEqual([]);
    expect(sizes[Math.floor(sizes.length / 2)]?.lines).toBeLessThanOrEqual(60);
  });

  test("corpus 67: clock and randomness are read in one place a program", () => {
    const worlds = /(^|\/)(world|client-world)\.ts$|\/(testing|test-support)\/|^bench\//;
    const ambient = /Date\.now\(|new Date\(\)|Math\.random\(|randomBytes\(|randomUUID\(|performance\.now\(/;
    const guilty = sources.filter((file) => !worlds.test(file) && code(file).some((line) => ambient.test(line)));
    expect(guilty).toEqual([]);
  });

  test("the environment is read by the configuration of a program and nowhere else", () => {
    const readers = /\/(config|main|environment)\.ts$|\/(testing|test-support)\/|^(bench|examples)\//;
    const guilty = sources.filter(
      (file) => !readers.test(file) && code(file).some((line) => /process\.env/.test(line)),
    );
    expect(guilty).toEqual([]);
  });

  test("nothing is left for later, and every suppression says why", () => {
    const guilty = files.filter((file) =>
      code(file).some((line) => /\b(TODO|FIXME|XXX)\b/.test(line) || /@ts-(ignore|expect-error)\s*$/.test(line)),
    );
    expect(guilty.filter((file) => file !== "docs/house.test.ts")).toEqual([]);
  });
});

describe("the documents", () => {
  const documents = list(
    "README.md",
    "CONTRIBUTING.md",
    ":(glob)docs/*.md",
    ":(glob)packages/*/README.md",
    ":(glob)apps/*/README.md",
  );
  /** Every `path/to/file.ts` of a document, `<noun>` and `*` for any name. */
  const named = (document: string) =>
    [...read(document).matchAll(/`([^`\s]+\/[^`\s]+\.ts)`/g)].map(([, path = ""]) => path);
  /** Where a path may begin: at the root, beside the document, in the server, among the packages or in one of them. */
  const readings = (document: string, path: string) => [
    path,
    document.replace(/[^/]*$/, path),
    `apps/server/src/${path}`,
    `packages/${path}`,
    path.replace(/^\w+/, "packages/$&/src"),
  ];
  const exists = (path: string) => {
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/<\w+>|\*/g, "[^/]+")}$`);
    return files.some((file) => pattern.test(file));
  };

  test("name no file that is not there", () => {
    expect(documents.flatMap(named).length).toBeGreaterThan(30);
    const missing = documents.flatMap((document) =>
      named(document)
        .filter((path) => !readings(document, path).some(exists))
        .map((path) => `${document}: ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
