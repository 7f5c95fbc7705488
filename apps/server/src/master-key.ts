import { link, mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { World } from "@countersign/tokens";
import { writeFileAtomically } from "./http/tls/private-file.ts";
import { StartError } from "./start-error.ts";

const KEY_BYTES = 32;
const LINE = /^[A-Za-z0-9_-]{43}$/;

/** How a person makes the file, for a database that has none yet. */
export const HOW_TO_MAKE_ONE = "(umask 077; openssl rand -base64 32 | tr '+/' '-_' | tr -d '=' > master-key)";

/**
 * Reads the keys that encrypt at rest: 32 bytes in base64url a line, the first one encrypts.
 *
 * @param make whether to make the file, with one key, where there is none
 * @throws {StartError} without the file, for a file that others may read (ASVS 13.3.1), and for any other line.
 */
export async function readMasterKeys(
  file: string,
  make: boolean,
  world: World,
): Promise<[Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]]> {
  const text = await read(file).catch(async (cause: NodeJS.ErrnoException) => {
    if (!make || cause.code !== "ENOENT")
      throw new StartError(
        `${file} cannot be read: it must hold the master key of this database. For a new one make it with: ${HOW_TO_MAKE_ONE}`,
        { cause },
      );
    await makeOnce(file, `${Buffer.from(world.random(KEY_BYTES)).toString("base64url")}\n`, world);
    return await read(file);
  });
  await assertPrivate(file);
  const [first, ...others] = text.split("\n").filter((line) => line !== "");
  if (!first || ![first, ...others].every((line) => LINE.test(line))) {
    throw new StartError(`${file} must hold 32 bytes in base64url on each line, and nothing else.`);
  }
  return [decode(first), ...others.map(decode)];
}

/** Makes a file whole, unless another process was faster: then its file is the one. */
async function makeOnce(file: string, text: string, world: World): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${Buffer.from(world.random(9)).toString("base64url")}`;
  await writeFileAtomically(draft, text);
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await rm(draft);
}

async function read(file: string): Promise<string> {
  return await readFile(file, "utf8");
}

async function assertPrivate(file: string): Promise<void> {
  if (process.platform === "win32" || ((await stat(file)).mode & 0o077) === 0) return;
  throw new StartError(`${file} may be read by others than its owner: chmod 600 ${file}`);
}

function decode(line: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(line, "base64url"));
}
