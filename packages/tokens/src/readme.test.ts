import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");

test("the README's example says what its comments promise", () => {
  const [, code = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said = ""]) => said.split(":")[0]);
  const flags = ["--conditions=source", "--input-type=module-typescript", "-e", code];
  const said = execFileSync(process.execPath, flags, { cwd: folder, encoding: "utf8" });
  expect(promised.length).toBeGreaterThan(0);
  // The example writes "notes:read", which holds a colon itself.
  expect(
    said
      .trim()
      .split("\n")
      .map((line) => line.split(":")[0]),
  ).toEqual(promised);
});

test("the README names only calls that there are", async () => {
  const exported: object = await import("./index.ts");
  const table = readme.slice(readme.indexOf("## The calls"), readme.indexOf("## What it does not check"));
  const calls = [...table.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  const words = ["reason", "detail", "cause", "TypeError"];
  expect(calls.filter((name) => !(name in exported) && !words.includes(name))).toEqual([]);
});
