/**
 * Waits for work of somebody else's, and so many milliseconds at most. It is not stopped: whatever comes of it later is
 * not looked at.
 *
 * @throws {Error} when the time is over; whatever the work throws
 */
export async function within<T>(ms: number, work: () => Promise<T> | T): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done within ${ms} ms`)), ms);
  try {
    return await Promise.race([(async () => work())(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
