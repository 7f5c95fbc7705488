import type { ClientWorld } from "../client-world.ts";

/** One moment on both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

type Clocks = Pick<ClientWorld, "now" | "monotonic">;

export function momentOf(clocks: Clocks): Moment {
  return { wall: clocks.now(), monotonic: clocks.monotonic() };
}

/**
 * A moment of an earlier run, of which only the wall clock is left. A moment to come proves that the clock was set back
 * since: then nobody knows how long ago it was, and it counts as for ever.
 */
export function momentAt(wall: number, clocks: Clocks): Moment {
  const age = clocks.now() - wall;
  return { wall, monotonic: clocks.monotonic() - (age < 0 ? Number.POSITIVE_INFINITY : age) };
}

/**
 * Milliseconds since a moment: the larger of what the two clocks say. The wall clock may have been set back, the monotonic
 * one may have stood still while the machine slept; a token is expired as soon as either says so. What local time it is
 * never matters, only how much has passed since the server was asked: `expires_in` counts from `server_time`, which cannot
 * be earlier. A clock that jumped is measured anew by the next reply.
 */
export function elapsedSince(moment: Moment, clocks: Clocks): number {
  return Math.max(clocks.now() - moment.wall, clocks.monotonic() - moment.monotonic);
}

/**
 * Milliseconds that have passed since a moment by both clocks: the smaller of what they say. For what must not be given up
 * because a clock was set wrongly.
 */
export function surelySince(moment: Moment, clocks: Clocks): number {
  return Math.min(clocks.now() - moment.wall, clocks.monotonic() - moment.monotonic);
}
