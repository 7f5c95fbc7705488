import { setTimeout as delay } from "node:timers/promises";
import { inject } from "vitest";
import { type Folders, foldersIn, outcomeIn } from "./outcome.ts";
import type { Tarball } from "./packages.ts";

/** What every test here shares: all is built, packed and installed once. */
export interface Packed extends Folders {
  readonly tarballs: readonly Tarball[];
}

declare module "vitest" {
  interface ProvidedContext {
    readonly packedIn: string;
  }
}

/**
 * Waits until all is made; other tests have begun before.
 *
 * @throws {Error} with the output of the command that failed.
 */
export async function packed(): Promise<Packed> {
  const folder = inject("packedIn");
  let outcome = await outcomeIn(folder);
  for (; outcome === undefined; outcome = await outcomeIn(folder)) await delay(100);
  if ("failed" in outcome) throw new Error(outcome.failed);
  return { ...foldersIn(folder), ...outcome };
}
