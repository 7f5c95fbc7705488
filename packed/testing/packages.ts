import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { output } from "./command.ts";

const workspace = join(import.meta.dirname, "../..");

/** The part of a package.json that is looked at here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly engines?: { readonly node: string };
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  /** npm's. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A package of this workspace that is published. */
export interface Published {
  readonly folder: string;
  readonly manifest: Manifest;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Whatever is not private. */
export function publishedPackages(): readonly Published[] {
  return globSync("{packages,apps}/*/package.json", { cwd: workspace })
    .map((file) => join(workspace, dirname(file)))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => !manifest.private)
    .toSorted((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

/** A package as `pnpm pack` made it. */
export interface Tarball {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
}

/** Builds and packs all that is published, as a release does. */
export async function packAll(destination: string): Promise<readonly Tarball[]> {
  const names = publishedPackages().map(({ manifest }) => manifest.name);
  const only = names.map((name) => `--filter=${name}`);
  await output("npx", ["-y", "pnpm@12", "run", "build", ...only], { cwd: workspace });
  const args = ["-y", "pnpm@12", ...only, "-r", "pack", "--json", `--pack-destination=${destination}`];
  const packed: readonly { name: string; filename: string }[] = JSON.parse(
    await output("npx", args, { cwd: workspace }),
  );
  return packed.map(({ name, filename }) => ({ name, file: filename }));
}
