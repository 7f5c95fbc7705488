import { once } from "node:events";

/** Writes lines no faster than they are read, until their reader has enough of them. */
export async function writeLines(stdout: NodeJS.WriteStream, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    if (stdout.write(`${line}\n`)) continue;
    const over = new AbortController();
    const { signal } = over;
    // Whichever comes first; a reader that went away is an error of the stream, which says nothing to us.
    await Promise.race(["drain", "close"].map((event) => once(stdout, event, { signal }))).catch(() => undefined);
    over.abort();
    if (!stdout.writable) return;
  }
}
