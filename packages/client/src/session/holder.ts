import type { ClientWorld } from "../client-world.ts";
import type { ClientError } from "../errors.ts";
import { elapsedSince, type Moment, momentAt, surelySince } from "./clock-skew.ts";
import { createListeners } from "./listeners.ts";
import { dueAfter } from "./schedule.ts";
import { type KeptToken, knownOf, type SessionRecord, tokenOf } from "./session-record.ts";
import type { KnownSession, SessionState, SessionWarning } from "./session-state.ts";

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
  /** Holds what somebody else has kept. */
  adopt(record: SessionRecord, found?: boolean): void;
  /** Nobody is signed in any more. @param onPurpose whether the app asked for it */
  release(onPurpose: boolean): void;
  /** Somebody else may be signed in: who, the server is asked. */
  forget(): void;
  /** While nobody knows who is signed in: who it was last, which is shown where the server cannot be asked. */
  remember(last: KnownSession | undefined): void;
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
  let isKnown = false;
  let wasKnown = false;
  let remembered: KnownSession | undefined;
  let refreshing = false;
  let offline = false;
  let epoch = 0;
  let renewals = 0;
  /** Whose calls may still be under way, also after signing out. */
  let lastAccount: string | undefined;

  const current = (): SessionState => {
    if (!isKnown) {
      if (!offline || !remembered || remembered.endsAt * 1000 <= world.now()) return { status: "unknown" };
      return { status: "offline", ...remembered, expiresAt: undefined };
    }
    if (!held) return { status: "signed-out" };
    const known = knownOf(held.record, audience);
    if (offline) return { status: "offline", ...known, expiresAt: expiryOf(held.record, audience) };
    return { status: refreshing ? "refreshing" : "signed-in", ...known };
  };

  /** Tells of another status of the same session. While the server is away, an attempt to reach it is no news. */
  const setStatus = (next: { readonly refreshing: boolean; readonly offline: boolean }) => {
    const wasOffline = offline;
    ({ refreshing, offline } = next);
    const now = current();
    if (now.status === state.status) return;
    state = now;
    // Who it was last may come back as somebody else: no call of the one goes out as the other.
    if (!held) {
      lastAccount = shownAccount() ?? lastAccount;
      wasKnown ||= offline;
    }
    if (held && offline !== wasOffline) holds.tell();
    states.tell(state);
  };

  const shownAccount = () => ("account" in state ? state.account : undefined);

  const setHeld = (next: Held | undefined, { quietly = false, known = true } = {}) => {
    const before = shownAccount();
    const account = next?.record.account;
    held = next;
    if (account !== undefined && lastAccount !== undefined && account !== lastAccount) epoch += 1;
    lastAccount = account ?? lastAccount;
    isKnown = known;
    wasKnown ||= known;
    offline &&= held !== undefined;
    remembered = undefined;
    state = current();
    holds.tell();
    if (account !== before && !quietly) accounts.tell(account, before);
    states.tell(state);
  };

  const hold: Holder["hold"] = (record, askedAt, found = false) => {
    const life = Math.min(...record.tokens.map((token) => token.life));
    const next = { record, askedAt, dueAfter: dueAfter(life, world), used: false, rejected: undefined };
    renewals += 1;
    refreshing = false;
    offline = false;
    setHeld(next, { quietly: found && !wasKnown });
    return next;
  };

  return {
    get held() {
      return held;
    },
    get state() {
      return state;
    },
    get isUnknown() {
      return !isKnown;
    },
    get epoch() {
      return epoch;
    },
    get renewals() {
      return renewals;
    },
    hold,
    adopt: (record, found) => void hold(record, momentAt(record.askedAt, world), found),
    release(onPurpose) {
      if (onPurpose) epoch += 1;
      if (held || !isKnown) setHeld(undefined);
    },
    forget() {
      if (isKnown) setHeld(undefined, { known: false });
    },
    remember(last) {
      if (isKnown) return;
      // Who is shown is nobody any more, or somebody else by the word of another page.
      if (shownAccount() !== undefined && last?.session !== remembered?.session) setHeld(undefined, { known: false });
      remembered = last;
    },
    setRefreshing: (now) => setStatus({ refreshing: now, offline }),
    kept: (away) => setStatus({ refreshing: false, offline: away && (held ?? remembered) !== undefined }),
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
