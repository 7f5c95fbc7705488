import type { ClientWorld } from "../client-world.ts";
import { dueAfter } from "../session/schedule.ts";
import type { SessionRecord } from "../session/session-record.ts";

/** What a cookie carries from one request to the next. Secret. */
export interface KeptSession {
  readonly record: SessionRecord;
  /** Milliseconds from asking after which it is renewed; 0 where its tokens are known to be refused. */
  readonly dueAfter: number;
  /** Signed out; the issuer could not be told yet. */
  readonly ended: boolean;
  /** Attempts in a row that failed. */
  readonly failures: number;
  /** Wall clock in milliseconds before which the issuer is not asked again. */
  readonly waitUntil: number;
}

/** Another server may have set the cookie, by a clock that is ahead by so much, in milliseconds. */
const SKEW_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const LONGEST_TOLD_MS = 3_600_000;

export function keep(record: SessionRecord, world: Pick<ClientWorld, "random">): KeptSession {
  return { record, dueAfter: dueAfter(lifeOf(record), world), ended: false, failures: 0, waitUntil: 0 };
}

/** Milliseconds until the first of its access tokens expires; less than none afterwards. */
export function lifeLeft({ record }: KeptSession, world: Pick<ClientWorld, "now">): number {
  return lifeOf(record) - ageOf(record, world);
}

/** Whether it is to be renewed, and the issuer may be asked. */
export function isDue({ record, dueAfter, waitUntil }: KeptSession, world: Pick<ClientWorld, "now">): boolean {
  return ageOf(record, world) >= dueAfter && world.now() >= waitUntil;
}

/** Whether its tokens still open something, as far as is known here. */
export function serves(kept: KeptSession, world: Pick<ClientWorld, "now">): boolean {
  return kept.dueAfter > 0 && lifeLeft(kept, world) > 0;
}

/** The same after a failed attempt: the next one waits twice as long, or as long as the issuer said. @param told seconds */
export function postponed(kept: KeptSession, told: number | undefined, world: ClientWorld): KeptSession {
  const grown = Math.min(FIRST_WAIT_MS * 2 ** kept.failures, LONGEST_WAIT_MS);
  const wait = Math.max(grown, Math.min((told ?? 0) * 1000, LONGEST_TOLD_MS)) * (1 + world.random() / 2);
  return { ...kept, failures: kept.failures + 1, waitUntil: world.now() + wait };
}

function lifeOf(record: SessionRecord): number {
  return Math.min(...record.tokens.map(({ life }) => life));
}

/** A moment that is still to come proves that a clock was set back: nobody knows how long ago it was. */
function ageOf({ askedAt }: SessionRecord, world: Pick<ClientWorld, "now">): number {
  const age = world.now() - askedAt;
  return age < -SKEW_MS ? Number.POSITIVE_INFINITY : Math.max(0, age);
}
