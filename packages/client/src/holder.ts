import type { ClientWorld } from "./client-world.ts";
import { elapsedSince, type Moment, surelySince } from "./clock-skew.ts";
import type { ClientError } from "./errors.ts";
import { createListeners } from "./listeners.ts";
import { dueAfter } from "./schedule.ts";
import { type KeptToken, type SessionRecord, tokenOf } from "./session-record.ts";
import type { SessionState, SessionWarning } from "./session-state.ts";

/** A session in memory. Secret. */
export interface Held {
  readonly record: SessionRecord;
  readonly askedAt: Moment;
  /** Milliseconds from asking after which it should be renewed. */
  readonly dueAfter: number;
  /** Whether a token of it was used: what nobody uses is not renewed by the clock, so that it can end from idleness. */
  used: boolean;
  /** Why the server will not renew it, once it said so. */
  rejected: ClientError | undefined;
}

/** The one place where a session is held in memory: who it is, what state that makes, and who is told. */
export interface Holder {
  readonly held: Held | undefined;
  readonly state: SessionState;
  /** Whether nobody knows yet who is signed in. */
  readonly isUnknown: boolean;
  /** Rises when a call that began before must not go on: signed out on purpose, or somebody else signed in. */
  readonly epoch: number;
  /** Rises with every record that is taken. */
  readonly renewals: number;
  /** @param found whether it was there already: of the first one that is found, nobody needs to be told */
  hold(record: SessionRecord, askedAt: Moment, found?: boolean): Held;
  /** Nobody is signed in any more. @param onPurpose whether the app asked for it */
  release(onPurpose: boolean): void;
  /** Somebody else may be signed in: who, the server is asked. */
  forget(): void;
  setRefreshing(refreshing: boolean): void;
  /** An attempt to renew it has ended, and it is what it was. @param away whether the server could not be reached */
  kept(away: boolean): void;
  /** The server will not renew it: its tokens are used for as long as they live. */
  reject(held: Held, error: ClientError): void;
  onState: (listener: (state: SessionState) => void) => () => void;
  onAccount: (listener: (account: string | undefined, before: string | undefined) => void) => () => void;
  onWarning: (listener: (warning: SessionWarning) => void) => () => void;
  /** For the session itself: after every change of `held`, before any listener of the app. */
  onHeld: (listener: () => void) => () => void;
  warn(warning: SessionWarning): void;
}

/** @param audience whose permissions are shown: the issuer's own */
export function createHolder(world: ClientWorld, audience: string): Holder {
  const warnings = createListeners<[SessionWarning]>(() => undefined);
  const thrown = (cause: unknown) => warnings.tell({ kind: "listener", cause });
  const states = createListeners<[SessionState]>(thrown);
  const accounts = createListeners<[string | undefined, string | undefined]>(thrown);
  const holds = createListeners<[]>(thrown);

  let held: Held | undefined;
  let state: SessionState = { status: "unknown" };
  let wasKnown = false;
  let refreshing = false;
  let offline = false;
  let epoch = 0;
  let renewals = 0;
  /** Whose calls may still be under way, also after signing out. */
  let lastAccount: string | undefined;

  const current = (): SessionState => {
    if (!held) return { status: "signed-out" };
    const known = knownOf(held.record, audience);
    if (offline) return { status: "offline", ...known, expiresAt: expiryOf(held.record, audience) };
    return { status: refreshing ? "refreshing" : "signed-in", ...known };
  };

  /** Tells of another status of the same session. While the server is away, an attempt to reach it is no news. */
  const setStatus = (next: { readonly refreshing: boolean; readonly offline: boolean }) => {
    const before = state.status;
    const wasOffline = offline;
    ({ refreshing, offline } = next);
    if (!held) return;
    state = current();
    if (state.status === before) return;
    if (offline !== wasOffline) holds.tell();
    states.tell(state);
  };

  const setHeld = (next: Held | undefined, { quietly = false, known = true } = {}) => {
    const before = held?.record.account;
    const account = next?.record.account;
    held = next;
    if (account !== undefined && lastAccount !== undefined && account !== lastAccount) epoch += 1;
    lastAccount = account ?? lastAccount;
    wasKnown ||= known;
    offline &&= held !== undefined;
    state = known ? current() : { status: "unknown" };
    holds.tell();
    if (account !== before && !quietly) accounts.tell(account, before);
    states.tell(state);
  };

  return {
    get held() {
      return held;
    },
    get state() {
      return state;
    },
    get isUnknown() {
      return state.status === "unknown";
    },
    get epoch() {
      return epoch;
    },
    get renewals() {
      return renewals;
    },
    hold(record, askedAt, found = false) {
      const life = Math.min(...record.tokens.map((token) => token.life));
      const next = { record, askedAt, dueAfter: dueAfter(life, world), used: false, rejected: undefined };
      renewals += 1;
      refreshing = false;
      offline = false;
      setHeld(next, { quietly: found && !wasKnown });
      return next;
    },
    release(onPurpose) {
      if (onPurpose) epoch += 1;
      if (held || state.status === "unknown") setHeld(undefined);
    },
    forget() {
      if (state.status !== "unknown") setHeld(undefined, { known: false });
    },
    setRefreshing: (now) => setStatus({ refreshing: now, offline }),
    kept: (away) => setStatus({ refreshing: false, offline: away && held !== undefined }),
    reject(one, error) {
      one.rejected = error;
      // What has expired with it is signed out of next.
      if (lifeLeft(one, world) > 0) setStatus({ refreshing: false, offline: false });
      holds.tell();
      warnings.tell({ kind: "refresh_rejected", reason: error.reason });
    },
    onState: states.add,
    onAccount: accounts.add,
    onWarning: warnings.add,
    onHeld: holds.add,
    warn: warnings.tell,
  };
}

function knownOf(record: SessionRecord, audience: string) {
  return {
    account: record.account,
    session: record.session,
    endsAt: record.endsAt,
    permissions: (tokenOf(record, audience)?.scope ?? "").split(" ").filter(Boolean),
  };
}

function expiryOf(record: SessionRecord, audience: string): number {
  return record.serverTime + (tokenOf(record, audience)?.life ?? 0) / 1000;
}

/** Whether a token of a session has expired, by either clock. */
export function isExpired(held: Held, token: KeptToken, world: ClientWorld): boolean {
  return elapsedSince(held.askedAt, world) >= token.life;
}

/** Milliseconds until the last token of a session expires. */
export function lifeLeft(held: Held, world: ClientWorld): number {
  const longest = Math.max(...held.record.tokens.map((token) => token.life));
  return longest - elapsedSince(held.askedAt, world);
}

/** Milliseconds until a session ends however often it is renewed. */
export function sessionLeft({ record, askedAt }: Held, world: ClientWorld): number {
  return (record.endsAt - record.serverTime) * 1000 - surelySince(askedAt, world);
}
