import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installNewest, installOldest } from "./consumers.ts";
import { foldersIn, type Outcome, tellOutcome } from "./outcome.ts";
import { packAll } from "./packages.ts";

/** Begins to build, pack and install all that is published. Tests that need it wait for it: `packed()`. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-packed-"));
  const told = make(folder)
    .catch((error: unknown): Outcome => ({ failed: String(error) }))
    .then((outcome) => tellOutcome(folder, outcome));
  provide("packedIn", folder);
  return async () => {
    await told;
    await rm(folder, { recursive: true });
  };
}

async function make(folder: string): Promise<Outcome> {
  const { newest, examples, oldest } = foldersIn(folder);
  const tarballs = await packAll(folder);
  await Promise.all([installNewest(newest, examples, tarballs), installOldest(oldest, tarballs)]);
  return { tarballs };
}
