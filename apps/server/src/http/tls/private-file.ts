import { open, rename, rm } from "node:fs/promises";

/**
 * Writes a file whole or not at all: a temporary file beside it, flushed, then renamed over it. Nobody but the owner may
 * read it, unless a mode says otherwise.
 */
export async function writeFileAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", mode);
  try {
    await file.chmod(mode); // whatever the umask is
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
