import { setTimeout as delay } from "node:timers/promises";

/**
 * Offers calls at a fixed rate, whether or not earlier ones have been answered, and gives each one's latency in
 * milliseconds from the moment when it was *due*. A server that stalls is charged for everybody who would have waited.
 */
export async function openLoop(perSecond: number, seconds: number, call: () => Promise<void>): Promise<number[]> {
  const start = performance.now();
  const latencies: Promise<number>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = start + (index * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await delay(wait);
    latencies.push(call().then(() => performance.now() - due));
  }
  return await Promise.all(latencies);
}
