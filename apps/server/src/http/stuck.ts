import type { Readable, Writable } from "node:stream";

/** Ends a response whose reader has taken nothing for so many milliseconds of what a stream has for it. */
export function endWhenStuck(body: Readable, response: Writable, ms: number): void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  // A pipe pauses its source while the other end takes nothing.
  body.on("pause", () => {
    stop();
    timer = setTimeout(() => response.destroy(), ms).unref();
  });
  response.on("drain", stop);
  response.once("close", stop);
}
