import type { ClientWorld } from "./client-world.ts";
import { elapsedSince } from "./clock-skew.ts";
import { ClientError } from "./errors.ts";
import { type Held, type Holder, lifeLeft } from "./holder.ts";
import type { Renewal } from "./renewal.ts";
import { createSchedule, SOONEST_MS } from "./schedule.ts";

export interface RenewAheadDeps {
  readonly holder: Holder;
  readonly renewal: Renewal;
  readonly world: ClientWorld;
}

/**
 * Renews what is held before it expires, by the clock, and signs out of what the server does not renew when it expires. A
 * session that was not used since its last renewal is left alone: a forgotten program must not keep it alive for ever.
 *
 * @returns how to stop
 */
export function startRenewingAhead({ holder, renewal, world }: RenewAheadDeps): () => void {
  const schedule = createSchedule(world);

  holder.onHeld(() => {
    const { held } = holder;
    schedule.clear();
    if (held?.rejected) schedule.plan(Math.max(0, lifeLeft(held, world)), () => void renewal.leave(held));
    else if (held) plan(held, held.dueAfter - elapsedSince(held.askedAt, world));
  });

  function plan(held: Held, wait: number): void {
    if (wait >= SOONEST_MS) schedule.plan(wait, () => void renew(held));
  }

  async function renew(held: Held): Promise<void> {
    if (!held.used) return;
    try {
      await renewal.renew({ due: false });
    } catch (error) {
      if (holder.held !== held || held.rejected || lifeLeft(held, world) <= 0) return;
      const told = error instanceof ClientError ? (error.retryAfter ?? 0) * 1000 : 0;
      plan(held, Math.max(told, SOONEST_MS) * (1 + world.random()));
    }
  }

  return schedule.dispose;
}
