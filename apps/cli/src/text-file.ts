import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { Failure } from "./failure.ts";

/** More than the server takes. */
const MAX_BYTES = 1024 * 1024;

/**
 * The text of a file, whole, its name as people give it who stand in `folder`; `-` is standard input.
 *
 * @throws {Failure} `localFile` for one that cannot be read, is no UTF-8 text, or is far too large
 */
export async function readText(file: string, folder: string, stdin: Readable): Promise<string> {
  const name = file === "-" ? "standard input" : file;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of file === "-" ? stdin : (await open(resolve(folder, file))).createReadStream()) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BYTES) throw new Failure("localFile", `Of ${name} only the first megabyte would be read.`);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const says = cause instanceof TypeError ? `There is no UTF-8 text in ${name}.` : `${name} cannot be read.`;
    throw new Failure("localFile", says, undefined, { cause });
  }
}
