import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createServerSessions, type ServerSessions, type ServerSessionsOptions } from "../server/index.ts";
import { newAccount } from "./house.ts";
import { openSite, RENDERED, type TimedSite } from "./site.ts";
import { createTestWorld, type TestWorld } from "./test-world.ts";

/** Where people have the app. Requests reach it by another name, as behind a proxy. */
const ORIGIN = "https://app.example";
export const COOKIE = `__Host-cs-${RENDERED}`;
export const SECRET = new Uint8Array(32).fill(1);

/** An app that is rendered on a server, before a real issuer and a real API over TLS. */
export interface RenderedApp {
  readonly site: TimedSite;
  readonly notesUrl: string;
  readonly world: TestWorld;
  readonly sessions: ServerSessions;
  /** Another server of the same app, or of another. */
  another(options?: Partial<ServerSessionsOptions>): ServerSessions;
  /** Time goes by everywhere. */
  pass(milliseconds: number): Promise<void>;
  /** A browser of somebody new, who is signed in. */
  person(): Promise<PlainBrowser>;
  refreshes(): number;
  close(): Promise<void>;
}

export async function openRenderedApp(): Promise<RenderedApp> {
  const site = await openSite();
  setDefaultCACertificates([...getCACertificates("default"), site.authority]);
  const world = createTestWorld();
  const notesUrl = `${site.origin}/notes`;
  const another = (options: Partial<ServerSessionsOptions> = {}) =>
    createServerSessions({
      url: `${site.origin}/auth`,
      client: RENDERED,
      origin: ORIGIN,
      secrets: [SECRET],
      audiences: [notesUrl],
      world,
      ...options,
    });
  const sessions = another();
  return {
    site,
    notesUrl,
    world,
    sessions,
    another,
    async pass(milliseconds) {
      world.pass(milliseconds);
      await site.pass(milliseconds);
    },
    async person() {
      const browser = plainBrowser();
      await browser.take(await sessions.handle(browser.post("sign-up", newAccount())));
      site.door.forget();
      return browser;
    },
    refreshes: () => site.door.to("/auth/session/refresh").length,
    close: () => site.close(),
  };
}

/** What a browser does with one cookie. */
export interface PlainBrowser {
  /** The value that it has. */
  cookie: string | undefined;
  /** A request for a page. */
  get(path?: string): Request;
  /** A request of the app's own script. */
  post(action: string, body: object, headers?: Readonly<Record<string, string | undefined>>): Request;
  /** Does what an answer says. */
  take<Answer extends { readonly headers: Headers }>(answer: Answer): Promise<Answer>;
}

export function plainBrowser(): PlainBrowser {
  const jar = () => (browser.cookie === undefined ? {} : { cookie: `theme=dark; ${COOKIE}=${browser.cookie}` });
  const browser: PlainBrowser = {
    cookie: undefined,
    get: (path = "/") => new Request(`http://10.0.0.7:3000${path}`, { headers: jar() }),
    post(action, body, change = {}) {
      const headers = {
        "content-type": "application/json",
        origin: ORIGIN,
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "cors",
        "x-countersign": "1",
        ...jar(),
        ...change,
      };
      const sent = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const url = `http://10.0.0.7:3000/session/${action}`;
      return new Request(url, { method: "POST", body: JSON.stringify(body), headers: sent });
    },
    async take(answer) {
      for (const line of answer.headers.getSetCookie()) {
        const [, value] = new RegExp(`^${COOKIE}=([^;]*);`).exec(line) ?? [];
        if (value !== undefined) browser.cookie = value || undefined;
      }
      return answer;
    },
  };
  return browser;
}
