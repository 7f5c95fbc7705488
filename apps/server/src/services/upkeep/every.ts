/**
 * Does something again and again, so many milliseconds after it last finished, without keeping the process alive. A
 * failure does not stop it, and is reported when it begins: one that lasts an hour is one line and not 3600. Answers how
 * to stop: resolves when nothing of it runs any more.
 */
export function every(ms: number, work: () => Promise<void>, failed: (cause: unknown) => void): () => Promise<void> {
  let stopped = false;
  let failing = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const attempt = async () => {
    try {
      await work();
      failing = false;
    } catch (cause) {
      if (!failing) failed(cause);
      failing = true;
    }
  };
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = attempt().finally(schedule);
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
