import { type ClientWorld, systemClientWorld } from "../client-world.ts";
import type { ClientError } from "../errors.ts";
import { checkAudience, createAudiences } from "../session/audiences.ts";
import type { SessionRecord } from "../session/session-record.ts";
import { advance } from "./advance.ts";
import { createDepartedCookie } from "./departed-cookie.ts";
import { linkToIssuer } from "./issuer-link.ts";
import type { KeptSession } from "./kept-session.ts";
import { maySpeak } from "./provenance.ts";
import { type CookieHolder, cookieOf, withCookie } from "./request-cookie.ts";
import { removingCookie, settingCookie } from "./response-cookie.ts";
import { createSealedCookie } from "./sealed-cookie.ts";
import { readSecrets } from "./secrets.ts";
import { type ServerSession, serverSession } from "./server-session.ts";
import { createSessionRoutes, isUnder } from "./session-routes.ts";

export interface ServerSessionsOptions {
  /** The issuer's address: https, or http on loopback. With its path, where it has one. */
  readonly url: string;
  /** Id of this app, registered at the issuer in mode `storage`: its server is a program that keeps its own tokens. */
  readonly client: string;
  /** The app's own origin, as browsers know it: `https://app.example`. */
  readonly origin: string;
  /** Keys for the cookie, 32 random bytes each, as bytes or in base64url. The first encrypts, the others decrypt as well. */
  readonly secrets: readonly (string | Uint8Array)[];
  /** Other APIs to have tokens for. All must fit into one cookie: the issuer's own token and those of about two APIs do. */
  readonly audiences?: readonly string[] | undefined;
  /** The path that `handle` answers under; `/session` unless given. */
  readonly path?: string | undefined;
  /**
   * The address of the browser that sent a request, told to the issuer in `X-Forwarded-For`. The issuer believes it where
   * this server is one of its trusted proxies. Without it, attempts of all the app's users count as from one address.
   */
  readonly address?: ((request: CookieHolder) => string | undefined) | undefined;
  /** How requests are made; the runtime's own unless given. */
  readonly fetch?: typeof fetch | undefined;
  /** How long the issuer may take to answer, in milliseconds; 5 000 unless given. */
  readonly timeout?: number | undefined;
  /** Clocks, timers and jitter; the machine's unless given. */
  readonly world?: ClientWorld | undefined;
}

/** What a proxy step did. */
export interface ProxyStep {
  /** The request's headers as they go on: whoever renders reads the renewed session. */
  readonly requestHeaders: Headers;
  /** To be added to the response; `Set-Cookie` and `Cache-Control` where the session was renewed, else nothing. */
  readonly responseHeaders: Headers;
  /** Why the session could not be renewed, for a log. The request goes on all the same. */
  readonly failure?: ClientError | undefined;
}

/** The sessions of the people who use an app that is rendered on a server. Holds nothing between two requests. */
export interface ServerSessions {
  /**
   * Renews the session of a request that is due, before it goes on. Beside the routes of `handle` the only place that
   * does. Leaves requests to `path` alone.
   *
   * @throws {CookieTooLargeError}
   */
  proxy(request: Request): Promise<ProxyStep>;
  /** Who a request is from. For renders: never asks the issuer, never sets a cookie. */
  read(request: CookieHolder): Promise<ServerSession>;
  /**
   * Answers `POST <path>/sign-in`, `/sign-up`, `/start`, `/sign-out`, `/step-up` and `/refresh` of the app's own pages, in
   * JSON with the header `x-countersign: 1`. A refusal says `{ error: reason }`, and changes nothing.
   *
   * @throws {CookieTooLargeError}
   */
  handle(request: Request): Promise<Response>;
  /** All of it around an app that is one function: `handle` under `path`, a proxy step before everything else. */
  serve(request: Request, app: (request: Request) => Response | Promise<Response>): Promise<Response>;
}

const CLIENT = /^[A-Za-z0-9_-]+$/;
const PATIENCE_MS = 5_000;

/**
 * Sessions for an app on a fetch framework: the refresh token and the access tokens are in an encrypted cookie of the
 * app's own origin, which no page and no script reads.
 *
 * @throws {TypeError} for a setting that cannot be right; its sentence names it
 */
export function createServerSessions(options: ServerSessionsOptions): ServerSessions {
  const { client, path = "/session", timeout = PATIENCE_MS, world = systemClientWorld } = options;
  const url = checkAudience("url", options.url).replace(/\/$/, "");
  const origin = checkAudience("origin", options.origin);
  if (new URL(origin).origin !== origin) throw new TypeError("origin: must be an origin and no more");
  if (!CLIENT.test(client)) throw new TypeError("client: letters, digits, - and _");
  if (!/^\/.*[^/]$/.test(path)) throw new TypeError("path: must begin with a slash and end without one");
  const others = (options.audiences ?? []).map((audience) => checkAudience("audiences", audience));
  const name = `__Host-cs-${client}`;
  const cookie = createSealedCookie({ name, issuer: url, secrets: readSecrets(options.secrets), world });
  const departed = createDepartedCookie(name);
  // Looked up at each request: whoever replaces the global one later is served as well.
  const fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  const { address = () => undefined } = options;
  const link = (request: CookieHolder) =>
    linkToIssuer({ url, client, audiences: others, fetch, timeout, address, world }, request);

  async function find(request: CookieHolder): Promise<KeptSession | undefined> {
    const value = maySpeak(request, origin) ? cookieOf(request, name) : undefined;
    const kept = value === undefined ? undefined : await cookie.open(value);
    return kept && departed.names(request, kept.record.session) ? { ...kept, ended: true } : kept;
  }

  const setting = (value: string, { endsAt }: SessionRecord) => settingCookie(name, value, endsAt - world.now() / 1000);

  const telling = async (next: KeptSession | null) =>
    next ? setting(await cookie.seal(next), next.record) : removingCookie(name);

  async function proxy(request: Request): Promise<ProxyStep> {
    const kept = isUnder(path, request) ? undefined : await find(request);
    const { next, failure } = kept ? await advance(kept, link(request), world) : {};
    if (next === undefined)
      return { requestHeaders: new Headers(request.headers), responseHeaders: new Headers(), failure };
    const value = next === null ? undefined : await cookie.seal(next);
    return {
      requestHeaders: withCookie(request.headers, name, value),
      responseHeaders: next === null || value === undefined ? removingCookie(name) : setting(value, next.record),
      failure,
    };
  }

  const handle = createSessionRoutes({ path, origin, find, telling, departed, link, world });

  return Object.freeze({
    proxy,
    handle,
    read: async (request: CookieHolder) =>
      serverSession(await find(request), { audiences: createAudiences(url, others), fetch, world }),
    async serve(request: Request, app: (request: Request) => Response | Promise<Response>) {
      if (isUnder(path, request)) return await handle(request);
      const { requestHeaders, responseHeaders } = await proxy(request);
      const response = await app(new Request(request, { headers: requestHeaders }));
      if (!responseHeaders.has("set-cookie")) return response;
      const headers = new Headers(response.headers);
      for (const [header, value] of responseHeaders) {
        if (header === "set-cookie") headers.append(header, value);
        else headers.set(header, value);
      }
      return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
    },
  });
}
