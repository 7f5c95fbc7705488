import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Longer than this nobody waits, whatever the server asks for. */
const LONGEST_TOLD_MS = 3_600_000;

/** After a failure, the same thing is not tried again for a while: callers in a row during an outage make no storm. */
export interface CoolDown {
  /** @throws {ClientError} the last failure of this key, while it is too early to try again */
  assertOver(key: string): void;
  /** Notes a failure. @param seconds what the server asked for, if it did; never cut short */
  failed(key: string, failure: ClientError, seconds: number | undefined): void;
  succeeded(key: string): void;
}

interface Failure {
  readonly error: ClientError;
  readonly count: number;
  readonly until: number;
}

/** Remembers the failures of a few keys: each time twice as long, with jitter, or as long as the server said. */
export function createCoolDown(world: Pick<ClientWorld, "monotonic" | "random">, keep = 16): CoolDown {
  const failures = new Map<string, Failure>();
  return {
    assertOver(key) {
      const failure = failures.get(key);
      const left = failure ? failure.until - world.monotonic() : 0;
      if (!failure || left <= 0) return;
      const { reason, cause, status } = failure.error;
      throw new ClientError(reason, { cause, status, retryAfter: Math.ceil(left / 1000) });
    },
    failed(key, error, seconds) {
      const count = (failures.get(key)?.count ?? 0) + 1;
      const jitter = 1 + world.random() / 2;
      const told = Math.min((seconds ?? 0) * 1000, LONGEST_TOLD_MS);
      const wait = Math.max(told, Math.min(FIRST_MS * 2 ** (count - 1), LONGEST_MS)) * jitter;
      failures.delete(key);
      failures.set(key, { error, count, until: world.monotonic() + wait });
      for (const oldest of failures.keys()) {
        if (failures.size <= keep) break;
        failures.delete(oldest);
      }
    },
    succeeded: (key) => void failures.delete(key),
  };
}
