import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tarball } from "./packages.ts";

/** Where what is made stands. */
export interface Folders {
  /** The folder of somebody who has all of the packages and everything else as new as this workspace. */
  readonly newest: string;
  /** In there, the examples as somebody has them who copied their folders. */
  readonly examples: string;
  /** The folder of somebody who has the libraries and everything else as old as it may be. */
  readonly oldest: string;
}

export function foldersIn(folder: string): Folders {
  const newest = join(folder, "newest");
  return { newest, examples: join(newest, "examples"), oldest: join(folder, "oldest") };
}

/** What came of making it. */
export type Outcome = { readonly tarballs: readonly Tarball[] } | { readonly failed: string };

const fileIn = (folder: string) => join(folder, "outcome.json");

/** Tells other processes, whole or not at all. */
export async function tellOutcome(folder: string, outcome: Outcome): Promise<void> {
  const part = `${fileIn(folder)}.part`;
  await writeFile(part, JSON.stringify(outcome));
  await rename(part, fileIn(folder));
}

/** What was told, `undefined` until then. */
export async function outcomeIn(folder: string): Promise<Outcome | undefined> {
  return existsSync(fileIn(folder)) ? JSON.parse(await readFile(fileIn(folder), "utf8")) : undefined;
}
