import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const root = new URL("..", import.meta.url);
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter(Boolean);
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

  test("clock and randomness are read in one place a program", () => {
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
