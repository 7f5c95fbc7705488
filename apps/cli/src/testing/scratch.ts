import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of its own for one test, gone afterwards. */
export function scratchFolder(): string {
  const folder = makeScratchFolder();
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder that its maker removes. */
export function makeScratchFolder(): string {
  return mkdtempSync(join(tmpdir(), "countersign-cli-"));
}
