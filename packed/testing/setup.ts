import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installNewest, installOldest } from "./consumers.ts";
import { packAll, type Tarball } from "./packages.ts";

/** What every test here shares: all is built, packed and installed once. */
export interface Packed {
  readonly tarballs: readonly Tarball[];
  /** The folder of somebody who has all of the packages and everything else as new as this workspace. */
  readonly newest: string;
  /** In there, the examples as somebody has them who copied their folders. */
  readonly examples: string;
  /** The folder of somebody who has the libraries and everything else as old as it may be. */
  readonly oldest: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly packed: Packed;
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-packed-"));
  const remove = () => rm(folder, { recursive: true });
  const newest = join(folder, "newest");
  const examples = join(newest, "examples");
  const oldest = join(folder, "oldest");
  try {
    const tarballs = await packAll(folder);
    await Promise.all([installNewest(newest, examples, tarballs), installOldest(oldest, tarballs)]);
    provide("packed", { tarballs, newest, examples, oldest });
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}
