import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Access } from "../access/access.ts";
import { fetchAccessTable } from "../access/access-table.ts";
import { mayCallBy, type Table } from "../access/may-call.ts";
import type { IssuerRouter } from "../api.ts";
import { headersOf, urlOf, withToken } from "../calls/bearing.ts";
import { type ConnectOptions, connect } from "../calls/connect.ts";
import { connectIssuer } from "../calls/connect-issuer.ts";
import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import { type Audiences, checkAudience } from "../session/audiences.ts";
import type { Session, SessionFetch } from "../session/session.ts";
import { permissionsOf, type SessionRecord, tokenOf } from "../session/session-record.ts";
import { unredirected } from "../unredirected.ts";
import { type KeptSession, lifeLeft } from "./kept-session.ts";

export interface SignedOut {
  readonly status: "signed-out";
}

/** What somebody may call, when a page was rendered. */
export type ServerAccess<Router extends AnyTRPCRouter> = Pick<Access<Router>, "can">;

interface Known {
  /** Id of the account. */
  readonly account: string;
  /** Id of the session. */
  readonly session: string;
  /** When it ends however often it is refreshed, in seconds since the epoch. */
  readonly endsAt: number;
}

/** Somebody was signed in, and the access tokens have expired: a proxy step has to renew them. */
export interface ExpiredSession extends Known {
  readonly status: "expired";
}

/** Somebody is signed in, for one request. What it gives stays usable until `expiresAt`, and is never renewed. */
export interface SignedInSession extends Known {
  readonly status: "signed-in";
  /** When the access tokens expire, by this server's clock, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The issuer's own API. */
  readonly api: TRPCClient<IssuerRouter>;
  /**
   * An access token; of the issuer's own API unless an audience is given.
   *
   * @throws {ClientError} `invalid_target` where there is none for that audience
   */
  accessToken(audience?: string): string;
  /** What the account may do at an API, as of the last renewal; `undefined` where there is no token for it. */
  permissions(audience?: string): readonly string[] | undefined;
  /**
   * What may be called at an API, as it stands in its access table; at the issuer's own unless an audience is given. The
   * table is asked of the issuer, once while this request is rendered. For showing and hiding: the API decides each call.
   *
   * @throws {ClientError} `invalid_target` where there is no token for that audience
   * @throws {TRPCClientError} why there is no table
   */
  accessTo<Router extends AnyTRPCRouter = IssuerRouter>(audience?: string): Promise<ServerAccess<Router>>;
  /** `fetch` with the access token of the audience that the URL belongs to, and with none for any other URL. */
  readonly fetch: SessionFetch;
  /**
   * A typed client for a guarded API. What the guard refuses is not repeated: nothing here can be renewed.
   *
   * @throws {ClientError} `invalid_target` for an API that there is no token for
   */
  connect<Router extends AnyTRPCRouter>(options: ConnectOptions<Router>): TRPCClient<Router>;
}

/** Who a request is from, by its cookie. */
export type ServerSession = SignedOut | ExpiredSession | SignedInSession;

interface Surroundings {
  readonly audiences: Audiences;
  readonly fetch: typeof fetch;
  readonly world: Pick<ClientWorld, "now">;
}

/** What a render may know and do. Nothing of it asks the issuer for tokens, and nothing outlives the request. */
export function serverSession(kept: KeptSession | undefined, { audiences, fetch, world }: Surroundings): ServerSession {
  if (!kept || kept.ended) return Object.freeze({ status: "signed-out" });
  const { record } = kept;
  const { account, session, endsAt } = record;
  const left = lifeLeft(kept, world);
  if (left <= 0) return Object.freeze({ status: "expired", account, session, endsAt });

  const own: Pick<Session, "fetch" | "link"> = {
    fetch: carrying(record, audiences, fetch),
    link:
      () =>
      () =>
      ({ op, next }) =>
        next(op),
  };
  const tokenFor = (audience: string) => {
    const token = tokenOf(record, checkAudience("audience", audience));
    if (!token) throw new ClientError("invalid_target");
    return token;
  };
  const accessToken = (audience = audiences.own) => tokenFor(audience).accessToken;
  const permissions = (audience = audiences.own) => permissionsOf(record, audience);
  const api = connectIssuer(audiences.own, own);
  const tables = new Map<string, Promise<Table>>();
  return Object.freeze({
    status: "signed-in",
    account,
    session,
    endsAt,
    expiresAt: Math.floor((world.now() + left) / 1000),
    api,
    fetch: own.fetch,
    accessToken,
    permissions,
    async accessTo(audience = audiences.own) {
      tokenFor(audience);
      const asked = tables.get(audience) ?? fetchAccessTable(api, audience === audiences.own ? undefined : audience);
      tables.set(audience, asked);
      const table = await asked;
      return Object.freeze({ can: (path: string) => mayCallBy(table, path, permissions(audience)) });
    },
    connect<Router extends AnyTRPCRouter>(options: ConnectOptions<Router>) {
      accessToken(options.audience ?? new URL(options.url).origin);
      return connect<Router>(own, options);
    },
  });
}

/** `fetch` that carries the tokens of one record, each to its audience. */
function carrying(record: SessionRecord, audiences: Audiences, fetch: typeof globalThis.fetch): SessionFetch {
  return async (input, options) => {
    // An option that is undefined is none; only the types tell the two apart.
    const init = options as RequestInit | undefined;
    const url = urlOf(input);
    const audience = url && audiences.of(url);
    const token = audience && tokenOf(record, audience)?.accessToken;
    if (!url || token === undefined || headersOf(input, init).has("authorization")) return await fetch(input, init);
    return await unredirected(fetch)(...withToken(token, undefined, { input, url }, init));
  };
}
