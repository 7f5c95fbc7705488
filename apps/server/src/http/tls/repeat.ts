/**
 * Does something again and again, one time after the other, without keeping the process alive for it.
 *
 * @param everyMs milliseconds from the end of one time to the beginning of the next
 * @param work handles its own errors
 * @returns a way to stop.
 */
export function repeat(everyMs: number, work: () => Promise<void>): () => void {
  let stopped = false;
  const next = (): NodeJS.Timeout =>
    setTimeout(async () => {
      await work();
      if (!stopped) timer = next();
    }, everyMs).unref();
  let timer = next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
