import { cp, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { output } from "./command.ts";
import { type Manifest, readManifest, type Tarball } from "./packages.ts";

const workspace = join(import.meta.dirname, "../..");
const folders = [
  "apps/notes",
  "examples/embedded",
  "examples/fetch",
  "examples/next",
  "examples/react",
  "examples/ssr",
];

/**
 * The examples as somebody has them who copied their folders: side by side, over one installation of the packages as they
 * are published and of what the examples name beside them.
 */
export async function installExamples(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  await mkdir(folder);
  const published = new Map(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  const dependencies: Record<string, string> = Object.fromEntries(published);
  const overrides: Record<string, unknown> = {};
  for (const one of folders) {
    const from = join(workspace, one);
    await cp(from, join(folder, basename(one)), {
      recursive: true,
      filter: (path) => !/node_modules|\/(data|dist)$/.test(path),
    });
    const example = readManifest(from);
    Object.assign(overrides, example.overrides);
    for (const name of namesIn(example)) {
      dependencies[name] = published.get(name) ?? readManifest(join(from, "node_modules", name)).version;
    }
  }
  const manifest = { private: true, type: "module", dependencies, overrides };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await output("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
}

/** What an example is installed with. */
function namesIn({ dependencies, devDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...devDependencies });
}
