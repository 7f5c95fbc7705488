import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), "utf8");
const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "packages/*.ts", "apps/*.ts"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !/\.test(-d)?\.ts$|\/testing\/|\/test-support\//.test(file));

/** A hash function where it is asked for: of Node, of Web Crypto, of argon2. */
const asked =
  /\bcreate(?:Hash|Hmac)\("([^"]+)"|\bsubtle\.digest\("([^"]+)"|\bhash: "((?:sha|md|blake|ripemd)[^"]*)"|(?<!subtle\.)\bsign\("([^"]+)"|from "@node-rs\/(argon2)"/gi;

test("ASVS 11.4.1, 11.4.3: SHA-256 is the only hash function, and argon2id for passwords, each where the map says", () => {
  const used = sources.flatMap((file) => {
    const found = [...read(file).matchAll(asked)].map((match) => match.slice(1).find(Boolean)?.toLowerCase());
    return [...new Set(found)].map((name) => [file, name === "sha256" ? "sha-256" : name]);
  });
  const section =
    read("docs/security.md")
      .split(/^## /m)
      .find((part) => part.startsWith("Hash functions")) ?? "";
  const documented = [...section.matchAll(/^\| \[[^\]]+\]\(\.\.\/([^)]+)\) +\| ([\w-]+)/gm)].map(([, file, name]) => [
    file,
    name?.replace("argon2id", "argon2").toLowerCase(),
  ]);
  expect(used.sort()).toEqual(documented.sort());
  expect(new Set(used.map(([, name]) => name))).toEqual(new Set(["sha-256", "argon2"]));
});
