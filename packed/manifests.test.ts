import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "./testing/command.ts";
import { publishedPackages, readManifest } from "./testing/packages.ts";
import { packed } from "./testing/packed.ts";

const { newest, tarballs } = await packed();
const tools = join(import.meta.dirname, "node_modules/.bin");

const tarballOf = (name: string) => tarballs.find((one) => one.name === name)?.file ?? "";

describe.each(publishedPackages())("$manifest.name, packed", ({ manifest: before }) => {
  const folder = join(newest, "node_modules", before.name);
  const manifest = readManifest(folder);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

  test("has the same entries, and none that leads to a source", () => {
    expect(Object.keys(manifest.exports ?? {})).toEqual(Object.keys(before.exports ?? {}));
    for (const conditions of Object.values(manifest.exports ?? {})) {
      expect(Object.keys(conditions)).toEqual(["types", "default"]);
      for (const file of Object.values(conditions)) expect(files).toContain(file.slice(2));
    }
    for (const file of Object.values(manifest.bin ?? {})) expect(files).toContain(file.slice(2));
  });

  test("holds what was built, its page and its licence: no sources, tests or maps", () => {
    const others = files.filter((file) => !/^dist\/([\w-]+\/)*[\w-]+(\.d\.ts|\.js|\.json)$/.test(file));
    expect(others.toSorted()).toEqual(["LICENSE", "README.md", "package.json"]);
    // What helps other people's tests is an entry of its own; what helps ours stays here.
    const entries = Object.values(manifest.exports ?? {}).map(({ default: file = "" }) => dirname(join(".", file)));
    const ofTests = /\.test(-d)?\.|\b(testing|test-support)\//;
    expect(files.filter((file) => ofTests.test(file) && !entries.includes(dirname(file)))).toEqual([]);
    expect(files.filter((file) => file.endsWith(".js") && read(file).includes("sourceMappingURL"))).toEqual([]);
  });

  test("imports nothing that its manifest does not name", () => {
    const known = new Set([before.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]);
    const strange = files
      .filter((file) => /\.(js|d\.ts)$/.test(file))
      .flatMap((file) => importsOf(read(file)).map((name) => ({ file, name })))
      .filter(({ name }) => !name.startsWith("node:") && !known.has(packageOf(name)));
    expect(strange).toEqual([]);
  });

  test("names what its sisters leave to whoever depends on them", () => {
    const named = { ...manifest.dependencies, ...manifest.peerDependencies };
    const sisters = publishedPackages().filter((sister) => sister.manifest.name in named);
    const peers = sisters.flatMap(({ manifest: { peerDependencies = {}, peerDependenciesMeta = {} } }) =>
      Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
    );
    expect(peers.filter((name) => !(name in named))).toEqual([]);
  });

  test("says which Node it needs, keeps ranges open for strangers, and leaves our tools out", () => {
    expect(manifest.engines).toEqual(before.engines);
    expect(manifest.engines?.node).toBeDefined();
    for (const range of Object.values(manifest.dependencies ?? {})) expect(range).toMatch(/^\^\d/);
    expect(manifest.devDependencies ?? manifest.scripts).toBeUndefined();
  });

  test("publint finds nothing", async () => {
    expect(await run(join(tools, "publint"), ["--strict", tarballOf(before.name)], { cwd: newest })).toMatchObject({
      code: 0,
    });
  });

  function read(file: string): string {
    return readFileSync(join(folder, file), "utf8");
  }
});

test.each(publishedPackages().filter(({ manifest }) => manifest.exports))(
  "are the types of $manifest.name wrong? No",
  async ({ manifest: { name } }) => {
    const args = [tarballOf(name), "--profile", "esm-only", "--no-color", "--format", "ascii"];
    expect(await run(join(tools, "attw"), args, { cwd: newest })).toMatchObject({ code: 0 });
  },
);

test("the SDK knows no package but tRPC's, beside its hooks no React, off servers no jose, and nothing of Node", () => {
  const folder = join(newest, "node_modules/@countersign/client");
  const files = readdirSync(join(folder, "dist"), { encoding: "utf8", recursive: true }).filter((file) =>
    /\.[jt]s$/.test(file),
  );
  const entryOf = (file: string) => /^(react|server)\//.exec(file)?.[1] ?? "core";
  const namedIn = (entry: string) => {
    const texts = files
      .filter((file) => entryOf(file) === entry)
      .map((file) => readFileSync(join(folder, "dist", file), "utf8"));
    return [...new Set(texts.flatMap(importsOf).map(packageOf))].toSorted();
  };
  expect(namedIn("core")).toEqual(["@trpc/client", "@trpc/server"]);
  expect(namedIn("react")).toEqual(["@trpc/server", "react"]);
  expect(namedIn("server")).toEqual(["@trpc/client", "@trpc/server", "jose"]);
  expect(Object.keys(readManifest(folder).dependencies ?? {})).toEqual(["jose"]);
});

/** The packages that a module or a declaration names; comments aside. */
function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const names = [...code.matchAll(/\b(?:from|import|import\(|require\()\s*["']([@\w][\w:@./-]*)["']/g)];
  return names.map(([, name = ""]) => name);
}

function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}
