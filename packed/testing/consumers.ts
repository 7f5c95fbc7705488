import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./command.ts";
import { copyExamples, type Wanted } from "./examples.ts";
import { type Manifest, publishedPackages, readManifest, type Tarball } from "./packages.ts";

/** The least that the packages still work with, beside the lower end of their own ranges. */
const OLDEST_TOOLS = { typescript: "5.7.3", "@types/node": "22.20.5" };

const strangers = join(import.meta.dirname, "../strangers");

/**
 * A folder of somebody's who has all of the packages, with the versions of other people's that this workspace has. The
 * compiler is this workspace's. In a folder of its own are the examples.
 */
export async function installNewest(
  folder: string,
  examplesFolder: string,
  tarballs: readonly Tarball[],
): Promise<void> {
  const peers = publishedPackages().flatMap(({ folder: at, manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).map((name) => [name, versionAt(at, name)] as const),
  );
  const here = join(import.meta.dirname, "..");
  const tools = Object.fromEntries(["@types/node", "@types/react"].map((name) => [name, versionAt(here, name)]));
  const examples = await copyExamples(examplesFolder);
  const dependencies = { ...examples.dependencies, ...Object.fromEntries(peers), ...tools };
  await install(folder, tarballs, { ...examples, dependencies });
}

/** A folder of somebody's who has only what a library needs, everything as old as the packages say that it may be. */
export async function installOldest(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  const libraries = publishedPackages().filter(({ manifest }) => !manifest.bin);
  const names = new Set(libraries.map(({ manifest }) => manifest.name));
  const peers = libraries.flatMap(({ manifest }) => requiredPeers(manifest).map(lowest));
  const own = tarballs.filter(({ name }) => names.has(name));
  await install(folder, own, { dependencies: { ...Object.fromEntries(peers), ...OLDEST_TOOLS } });
}

async function install(folder: string, tarballs: readonly Tarball[], others: Wanted) {
  await cp(strangers, folder, { recursive: true });
  const own = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  const manifest = { private: true, type: "module", ...others, dependencies: { ...others.dependencies, ...own } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await output("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
}

function requiredPeers({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest): [string, string][] {
  return Object.entries(peerDependencies).filter(([name]) => !peerDependenciesMeta[name]?.optional);
}

/** The lower end of a range. */
function lowest([name, range]: readonly [string, string]): [string, string] {
  return [name, /\d+\.\d+\.\d+/.exec(range)?.[0] ?? range];
}

function versionAt(folder: string, name: string): string {
  return readManifest(join(folder, "node_modules", name)).version;
}
