import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "./failure.ts";

/** POSIX has modes and folders that can be synchronised; Windows keeps a profile's files private by its own means. */
const posix = process.platform !== "win32";

/**
 * Reads a file that only its owner may read; undefined where there is none.
 *
 * @throws {Failure} `localFile` where others may read or change it
 */
export function readPrivate(file: string): string | undefined {
  const handle = opened(file);
  if (handle === undefined) return undefined;
  try {
    if (posix && (fstatSync(handle).mode & 0o077) !== 0) {
      throw new Failure(
        "localFile",
        `Others on this machine may read ${file}, which holds a sign-in.`,
        `If nobody has: chmod 600 '${file}'. Otherwise end the session elsewhere, remove the file and sign in again.`,
      );
    }
    return readFileSync(handle, "utf8");
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes a file that only its owner may read, as a whole or not at all: whoever reads at the same time, or after the
 * power went, finds the old text or the new one. Makes its folder. Does not keep two writers from each other: the last
 * one wins.
 */
export function writePrivate(file: string, text: string): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${basename(file)}.${process.pid}`);
  const handle = openSync(draft, "w", 0o600);
  try {
    // A draft that a crash left behind may have any mode.
    if (posix) fchmodSync(handle, 0o600);
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  syncFolder(folder);
}

/** Removes a file for good; nothing happens where there is none. */
export function removePrivate(file: string): void {
  if (!existsSync(file)) return;
  rmSync(file, { force: true });
  syncFolder(dirname(file));
}

/** Moves a file out of the way, beside itself, and answers where it is now. Nothing is overwritten. */
export function setAside(file: string): string {
  for (let n = 1; ; n++) {
    const aside = `${file}.unreadable-${n}`;
    if (existsSync(aside)) continue;
    renameSync(file, aside);
    return aside;
  }
}

function opened(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function syncFolder(folder: string): void {
  if (!posix) return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
