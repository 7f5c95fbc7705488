import type { SessionReply, TokenReply } from "../api.ts";
import type { Mode } from "../mode.ts";
import type { KnownSession } from "./session-state.ts";

/** An access token as it is kept. */
export interface KeptToken {
  readonly audience: string;
  readonly accessToken: string;
  /** Milliseconds from asking for it. */
  readonly life: number;
  readonly scope: string;
  /** Whether it is good with proofs of the key that it is bound to, and only so. */
  readonly bound?: boolean | undefined;
}

/** A session as it is kept, in memory and in storage. Secret. */
export interface SessionRecord {
  readonly version: 1;
  readonly account: string;
  readonly session: string;
  /** Seconds since the epoch, by the server's clock. */
  readonly endsAt: number;
  /** What the server's clock showed when it was renewed, in seconds since the epoch. */
  readonly serverTime: number;
  /** How often it was renewed: which of two records is the newer one. */
  readonly rotation: number;
  /** Missing where a cookie carries it. */
  readonly refreshToken?: string | undefined;
  /** Wall clock in milliseconds when the tokens were asked for. */
  readonly askedAt: number;
  readonly tokens: readonly KeptToken[];
}

/** What a reply makes of a session. `before` is the record whose refresh token was sent. */
export function recordOf(reply: SessionReply, askedAt: number, before?: SessionRecord): SessionRecord {
  return {
    version: 1,
    account: reply.account,
    session: reply.session,
    endsAt: reply.session_end,
    serverTime: reply.server_time,
    rotation: before?.session === reply.session ? before.rotation + 1 : 0,
    refreshToken: reply.refresh_token,
    askedAt,
    tokens: reply.tokens.map((token) => ({
      audience: token.audience,
      accessToken: token.access_token,
      life: token.expires_in * 1000,
      scope: token.scope,
      ...(token.token_type === "DPoP" ? { bound: true } : {}),
    })),
  };
}

export function tokenOf(record: SessionRecord, audience: string): KeptToken | undefined {
  return record.tokens.find((token) => token.audience === audience);
}

/** What a session may do at an API, as far as its token says. `undefined` without one. */
export function permissionsOf(record: SessionRecord, audience: string): readonly string[] | undefined {
  return tokenOf(record, audience)?.scope.split(" ").filter(Boolean);
}

/** What may be shown of a session. @param audience whose permissions: the issuer's own */
export function knownOf(record: SessionRecord, audience: string): KnownSession {
  return {
    account: record.account,
    session: record.session,
    endsAt: record.endsAt,
    permissions: permissionsOf(record, audience) ?? [],
  };
}

/** Reads what may be shown of a session; `undefined` for what is none. */
export function parseKnown(text: string): KnownSession | undefined {
  const value = parseJson(text);
  const isKnown = has(value, { account: isText, session: isText, endsAt: isTime, permissions: isTexts });
  // Every field was looked at just now.
  return isKnown ? (value as unknown as KnownSession) : undefined;
}

/** What may stand in a header (RFC 6750 §2.1); anything else would be printed by the error that refuses it. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Whether a reply has all that is used of it: a proxy may have answered in the server's stead.
 *
 * @param mode whether the refresh token comes with it, or in a cookie that nobody here sees
 */
export function isSessionReply(value: unknown, mode: Mode["mode"]): value is SessionReply {
  return (
    has(value, {
      account: isText,
      session: isText,
      server_time: isTime,
      session_end: isTime,
      refresh_token: mode === "cookie" ? isNothing : isToken,
    }) &&
    isListOf<TokenReply>(value["tokens"], {
      audience: isText,
      access_token: isToken,
      expires_in: isTime,
      scope: isString,
    })
  );
}

/** Reads what storage holds; `undefined` for what is no record of this version. */
export function parseRecord(text: string): SessionRecord | undefined {
  const value = parseJson(text);
  const isRecord =
    has(value, {
      version: (version) => version === 1,
      account: isText,
      session: isText,
      endsAt: isTime,
      serverTime: isTime,
      rotation: isTime,
      refreshToken: isToken,
      askedAt: isTime,
    }) &&
    isListOf<KeptToken>(value["tokens"], { audience: isText, accessToken: isToken, life: isTime, scope: isString });
  // Every field was looked at just now.
  return isRecord ? (value as unknown as SessionRecord) : undefined;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Checks<T = Record<string, unknown>> = { readonly [K in keyof T]?: (value: unknown) => boolean };

function has(value: unknown, checks: Checks): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(checks).every(([name, fits]) => fits?.((value as Record<string, unknown>)[name]));
}

function isListOf<T>(value: unknown, checks: Checks<T>): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => has(item, checks));
}

const isNothing = (value: unknown) => value === undefined;
const isString = (value: unknown) => typeof value === "string";
const isText = (value: unknown) => typeof value === "string" && value !== "";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isTime = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isToken = (value: unknown) => typeof value === "string" && TOKEN.test(value);
