/**
 * Does something again and again, so many milliseconds after it last finished, without keeping the process alive. A
 * failure is reported and does not stop it. Answers how to stop: resolves when nothing of it runs any more.
 */
export function every(ms: number, work: () => Promise<void>, failed: (cause: unknown) => void): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = work().catch(failed).finally(schedule);
    }, ms);
    timer.unref();
  };

  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
