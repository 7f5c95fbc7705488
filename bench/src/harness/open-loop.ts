import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";

/** Timers are late by up to so many milliseconds. */
const TIMER_SLACK_MS = 1.2;

/**
 * Offers calls at a fixed rate, whether or not earlier ones have been answered, and gives each one's latency in
 * milliseconds from the moment when it was *due*. A server that stalls is charged for everybody who would have waited.
 */
export async function openLoop(perSecond: number, seconds: number, call: () => Promise<void>): Promise<number[]> {
  const start = performance.now();
  const latencies: Promise<number>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = start + (index * 1000) / perSecond;
    const wait = due - TIMER_SLACK_MS - performance.now();
    if (wait > 0) await delay(wait);
    while (performance.now() < due) await turn();
    latencies.push(call().then(() => performance.now() - due));
  }
  return await Promise.all(latencies);
}
