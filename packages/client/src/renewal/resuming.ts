import { actions, isKnownReason } from "../actions.ts";
import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import type { Holder } from "../session/holder.ts";
import { createSchedule, SOONEST_MS } from "../session/schedule.ts";
import type { KnownSession } from "../session/session-state.ts";
import type { Renewal } from "./renewal.ts";

export interface ResumingDeps {
  /** Looks for what is here. */
  readonly loaded: () => Promise<void>;
  /** Who it was last, where a note tells. */
  readonly lastKnown: (() => KnownSession | undefined) | undefined;
  readonly holder: Holder;
  readonly renewal: Renewal;
  readonly world: ClientWorld;
}

export interface Resuming {
  /** Tries once. Throws nothing: what it could not find out is tried again by the clock. */
  resume(): Promise<void>;
  dispose(): void;
}

/**
 * Finds out who is signed in: by what is here, and where only the server can read the cookie, by asking it. Goes on trying for
 * as long as nobody knows.
 */
export function createResuming({ loaded, lastKnown, holder, renewal, world }: ResumingDeps): Resuming {
  const schedule = createSchedule(world);

  async function resume(): Promise<void> {
    schedule.clear();
    try {
      await loaded();
      if (!holder.isUnknown) return;
      holder.remember(lastKnown?.());
      await renewal.renew({ due: false });
    } catch (error) {
      if (holder.isUnknown) fail(error);
    }
  }

  function fail(error: unknown): void {
    const { reason = "unknown", retryAfter = 0 } = error instanceof ClientError ? error : {};
    if (isKnownReason(reason) && actions[reason] !== "wait") {
      // Asked wrongly, and so for ever: a client that is not registered, or not for this origin.
      holder.warn({ kind: "not_resumed", reason });
      holder.release(false);
    } else {
      schedule.plan(Math.max(retryAfter * 1000, SOONEST_MS) * (1 + world.random()), () => void resume());
    }
  }

  holder.onHeld(() => {
    if (holder.isUnknown) void resume();
    else schedule.clear();
  });

  return { resume, dispose: schedule.dispose };
}
