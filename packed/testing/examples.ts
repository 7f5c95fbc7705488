import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Manifest, publishedPackages, readManifest } from "./packages.ts";

const workspace = join(import.meta.dirname, "../..");
const folders = [
  "apps/notes",
  "examples/embedded",
  "examples/fetch",
  "examples/next",
  "examples/react",
  "examples/ssr",
];

/** What a folder is installed with, as its manifest says it. */
export interface Wanted {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** Puts the examples side by side into a folder. Answers what they name beside the packages that are published. */
export async function copyExamples(folder: string): Promise<Wanted> {
  const published = new Set(publishedPackages().map(({ manifest }) => manifest.name));
  const dependencies: Record<string, string> = {};
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
      if (!published.has(name)) dependencies[name] = readManifest(join(from, "node_modules", name)).version;
    }
  }
  return { dependencies, overrides };
}

/** What an example is installed with. */
function namesIn({ dependencies, devDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...devDependencies });
}
