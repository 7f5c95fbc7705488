import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAME = "countersign-tests-";

/** All that tests put into the folder for temporary files goes into one of their own, which goes when they have ended. */
export function setup(): (() => void) | undefined {
  const before = tmpdir();
  // Another project of the same run was here.
  if (before.includes(NAME)) return undefined;
  const folder = mkdtempSync(join(before, NAME));
  // PostgreSQL runs as another user, and has its data in there.
  chmodSync(folder, 0o711);
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
