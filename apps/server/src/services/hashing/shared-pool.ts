import { Refusal } from "@countersign/tokens";
import type { HashAnswer } from "./job.ts";
import { createHashPool, type HashPool } from "./pool.ts";

/** How long the processes outlive the last issuer, in milliseconds, so that the next one finds them. */
const LINGER_MS = 10_000;

/**
 * The hashing of a process, which its issuers share: what a pool bounds is their machine's cores and memory. Each call
 * gives one issuer its part. To close that refuses what this issuer still waits for, and touches nobody else's; the
 * processes end ten seconds after the last.
 */
export function createHashSharing(): () => HashPool {
  let pool: HashPool | undefined;
  let users = 0;
  let end: NodeJS.Timeout | undefined;

  function enter(): HashPool {
    clearTimeout(end);
    users += 1;
    pool ??= createHashPool();
    return pool;
  }

  function leave(): void {
    users -= 1;
    if (users > 0) return;
    end = setTimeout(() => {
      pool?.close();
      pool = undefined;
    }, LINGER_MS).unref();
  }

  return () => {
    const waiting = new Set<(refusal: Refusal) => void>();
    const busy = () => new Refusal("busy", { detail: "hashing has been closed", retryAfter: 1 });
    let mine: HashPool | undefined;
    let closed = false;
    return {
      async run(job) {
        if (closed) throw busy();
        mine ??= enter();
        const { promise, resolve, reject } = Promise.withResolvers<HashAnswer>();
        waiting.add(reject);
        mine.run(job).then(resolve, reject);
        return await promise.finally(() => waiting.delete(reject));
      },
      statistics: () => mine?.statistics() ?? { processes: [], running: 0, waiting: 0 },
      async close() {
        closed = true;
        for (const refuse of waiting) refuse(busy());
        if (mine) leave();
        mine = undefined;
      },
    };
  };
}

/** That of this process. */
export const shareHashPool = createHashSharing();
