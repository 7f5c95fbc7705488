import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { Failure } from "./failure.ts";

/** More than the server takes, and than any line of an export has. */
const MAX_LENGTH = 1024 * 1024;

/**
 * The text of a file, whole, its name as people give it who stand in `folder`; `-` is standard input.
 *
 * @throws {Failure} `localFile` for one that cannot be read, is no UTF-8 text, or is far too large
 */
export async function readText(file: string, folder: string, stdin: Readable): Promise<string> {
  let text = "";
  for await (const piece of pieces(file, folder, stdin)) {
    text += piece;
    if (text.length > MAX_LENGTH)
      throw new Failure("localFile", `Of ${nameOf(file)} only the first megabyte would be read.`);
  }
  return text;
}

/**
 * The same line by line, however many there are; the last one may lack its end.
 *
 * @throws {Failure} `localFile` as above, and for a line without end
 */
export async function* readTextLines(file: string, folder: string, stdin: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces(file, folder, stdin)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LENGTH)
      throw new Failure("localFile", `A line of ${nameOf(file)} is longer than a megabyte.`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function* pieces(file: string, folder: string, stdin: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of file === "-" ? stdin : (await open(resolve(folder, file))).createReadStream()) {
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    const says =
      cause instanceof TypeError ? `There is no UTF-8 text in ${nameOf(file)}.` : `${nameOf(file)} cannot be read.`;
    throw new Failure("localFile", says, undefined, { cause });
  }
}

function nameOf(file: string): string {
  return file === "-" ? "standard input" : file;
}
