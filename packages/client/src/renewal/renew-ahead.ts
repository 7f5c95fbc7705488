import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import { elapsedSince } from "../session/clock-skew.ts";
import { type Held, type Holder, lifeLeft, sessionLeft } from "../session/holder.ts";
import { createSchedule, SOONEST_MS } from "../session/schedule.ts";
import type { Renewal } from "./renewal.ts";

export interface RenewAheadDeps {
  readonly holder: Holder;
  readonly renewal: Renewal;
  readonly world: ClientWorld;
}

/**
 * Renews what is held before it expires, by the clock, and signs out of what the server does not renew when it expires. A
 * session that was not used since its last renewal is left alone: a forgotten program must not keep it alive for ever. While
 * the server is away it goes on trying, until the session's end.
 *
 * @returns how to stop
 */
export function startRenewingAhead({ holder, renewal, world }: RenewAheadDeps): () => void {
  const schedule = createSchedule(world);

  holder.onHeld(() => {
    const { held } = holder;
    schedule.clear();
    if (held?.rejected) schedule.plan(Math.max(0, lifeLeft(held, world)), () => void renewal.leave(held));
    else if (held && isOffline()) again(held, 0);
    else if (held) plan(held, held.dueAfter - elapsedSince(held.askedAt, world));
  });

  const isOffline = () => holder.state.status === "offline";

  function plan(held: Held, wait: number): void {
    if (wait >= SOONEST_MS) schedule.plan(wait, () => void renew(held));
  }

  async function renew(held: Held): Promise<void> {
    if (!held.used && !isOffline()) return;
    try {
      await renewal.renew({ due: false });
    } catch (error) {
      if (holder.held !== held || held.rejected) return;
      if (isOffline() || lifeLeft(held, world) > 0) again(held, error instanceof ClientError ? error.retryAfter : 0);
    }
  }

  /** @param told seconds that the server, or the cool-down, asked for */
  function again(held: Held, told = 0): void {
    const wait = Math.max(told * 1000, SOONEST_MS) * (1 + world.random());
    const left = sessionLeft(held, world);
    if (isOffline() && left <= wait) schedule.plan(Math.max(0, left), () => void renewal.leave(held));
    else plan(held, wait);
  }

  return schedule.dispose;
}
