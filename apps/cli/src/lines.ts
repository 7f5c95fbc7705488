import type { Readable } from "node:stream";
import { Failure } from "./failure.ts";

/** Far more than any password is long. */
const MAX_BYTES = 64 * 1024;

/**
 * Every line of a stream, read to its end. Only line ends go (LF or CRLF): a password keeps its spaces.
 *
 * @throws {Failure} `usage` for what is no UTF-8, and for far too much
 */
export async function readLines(input: Readable): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) throw new Failure("usage", "Standard input holds more than a password.");
  }
  const lines = decode(chunks).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function decode(chunks: readonly Uint8Array[]): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new Failure("usage", "Standard input is no UTF-8 text.", undefined, { cause });
  }
}
