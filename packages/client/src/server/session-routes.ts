import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import { misaddressed } from "../sign-in/redeeming.ts";
import { endKept } from "./advance.ts";
import type { DepartedCookie } from "./departed-cookie.ts";
import type { IssuerLink } from "./issuer-link.ts";
import { type KeptSession, keep } from "./kept-session.ts";
import { isOwnScript } from "./provenance.ts";
import { readBody } from "./read-body.ts";
import { refused } from "./refused.ts";
import { type Changed, renewNow, stepUp } from "./renewing.ts";
import type { CookieHolder } from "./request-cookie.ts";
import { type Body, proofs, text } from "./routes.ts";

export interface SessionRoutesDeps {
  /** What they are under. */
  readonly path: string;
  /** The app's own. */
  readonly origin: string;
  /** The session that a request brings, if it may speak for it. */
  readonly find: (request: CookieHolder) => Promise<KeptSession | undefined>;
  /** What the browser is told: to keep a session, or to forget it. @throws {CookieTooLargeError} */
  readonly telling: (next: KeptSession | null) => Promise<Headers>;
  /** Remembers what was signed out. */
  readonly departed: DepartedCookie;
  readonly link: (request: CookieHolder) => IssuerLink;
  readonly world: ClientWorld;
}

type Route = (request: Request, body: Body, issuer: IssuerLink) => Promise<Response>;

export function isUnder(path: string, request: Request): boolean {
  return new URL(request.url).pathname.startsWith(`${path}/`);
}

/** What the app's own pages may ask for: see `ServerSessions.handle`. */
export function createSessionRoutes(deps: SessionRoutesDeps): (request: Request) => Promise<Response> {
  const { path, origin, find, telling, departed, link, world } = deps;

  const start = async (request: Request, handoff: string, issuer: IssuerLink): Promise<Response> => {
    const before = await find(request);
    const { record } = await issuer.redeem(handoff);
    const kept = keep(record, world);
    const cause = misaddressed(record, issuer.audiences);
    try {
      if (cause) throw new ClientError("invalid_target", { cause });
      const headers = await telling(kept);
      // The one that it replaces, as far as the issuer can be told now.
      if (before) await endKept(before, issuer, world);
      if (before) headers.append("set-cookie", departed.line(before.record.session));
      const { account, session, endsAt } = record;
      return Response.json({ account, session, endsAt }, { headers });
    } catch (error) {
      await endKept(kept, issuer, world);
      throw error;
    }
  };

  const signOut: Route = async (request, _, issuer) => {
    const kept = await find(request);
    // What the issuer could not be told yet is told by a later proxy step.
    const headers = await telling(kept ? await endKept(kept, issuer, world) : null);
    if (kept) headers.append("set-cookie", departed.line(kept.record.session));
    headers.set("clear-site-data", '"cache"');
    return new Response(null, { status: 204, headers });
  };

  /** Changes the session that somebody is signed in with. */
  const change = async (request: Request, work: (kept: KeptSession) => Promise<Changed>): Promise<Response> => {
    const kept = await find(request);
    if (!kept || kept.ended) throw new ClientError("no_token");
    const { next, failure } = await work(kept);
    const headers = next === undefined ? new Headers() : await telling(next);
    return failure === undefined ? new Response(null, { status: 204, headers }) : refused(failure, headers);
  };

  const routes = new Map<string, Route>([
    ["sign-out", signOut],
    ["refresh", (request, _, issuer) => change(request, (kept) => renewNow(kept, issuer, world))],
    [
      "step-up",
      async (request, body, issuer) => {
        const password = text(body, "password");
        return await change(request, (kept) => stepUp(kept, password, issuer, world));
      },
    ],
  ]);
  for (const [action, prove] of proofs) {
    routes.set(action, async (request, body, issuer) => start(request, await prove(body, issuer), issuer));
  }

  return async (request) => {
    const action = new URL(request.url).pathname.slice(path.length + 1);
    const route = isUnder(path, request) ? routes.get(action) : undefined;
    if (!route) return new Response(null, { status: 404 });
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    try {
      if (!isOwnScript(request, origin)) throw new ClientError("origin_refused");
      return await route(request, await readBody(request), link(request));
    } catch (error) {
      return refused(error);
    }
  };
}
