import { chmodSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAME = "countersign-tests-";
/** Linux's file system in memory, where a commit waits for no disk. */
const IN_MEMORY = "/dev/shm";
/** In bytes: several times of what tests write. */
const ENOUGH = 8 * 1024 ** 3;

/** All that tests put into the folder for temporary files goes into one of their own, which goes when they have ended. */
export function setup(): (() => void) | undefined {
  const before = tmpdir();
  // Another project of the same run was here.
  if (before.includes(NAME)) return undefined;
  const folder = mkdtempSync(join(hasRoom(IN_MEMORY) ? IN_MEMORY : before, NAME));
  // PostgreSQL runs as another user, and has its data in there.
  chmodSync(folder, 0o711);
  process.env["TMPDIR"] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function hasRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize >= ENOUGH;
  } catch {
    return false;
  }
}
