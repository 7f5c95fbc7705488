import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { devCertificate, type IssuerOptions } from "@countersign/server";
import { systemWorld, type World } from "@countersign/tokens";
import { build } from "esbuild";
import { type Door, openDoor } from "./door.ts";
import { type FetchApp, fetchListener } from "./fetch-listener.ts";
import { createIssuerProcess, type TellableOptions } from "./issuer-process.ts";
import { type KnownIssuer, type Notes, startNotes } from "./notes.ts";
import { startIssuer } from "./running-issuer.ts";

/** Id of the app, as the issuer knows it. */
export const APP = "web";
/** Id of the same app where its pages are rendered on a server. */
export const RENDERED = "rendered";
/** Under which name pages note, for each other, who is signed in. */
export const noteOf = ({ auth }: Site) => `countersign.${APP}@${auth.replace("https://", "")}`;

/**
 * An app as it should be served: its pages, its API and the issuer behind one https origin. In mode "bound" the issuer is on
 * another site. All of it is real; the doors are the proxies before it.
 */
export interface Site {
  readonly origin: string;
  /** The issuer's address. */
  readonly auth: string;
  /** How the app carries its refresh token. */
  readonly mode: "cookie" | "bound";
  readonly door: Door;
  /** In front of the issuer: the same, where it is on the same site. */
  readonly authDoor: Door;
  /** Its certificate in PEM, and that of the authority. */
  readonly certificate: string;
  readonly authority: string;
  readonly notes: Notes;
  /** Has its pages rendered on a server from now on. */
  renderWith(app: FetchApp): void;
  close(): Promise<void>;
}

/** One whose issuer may end and begin anew. */
export interface MortalSite extends Site {
  /** Ends the issuer, whatever is under way, and starts it anew over the same data. A process of its own is killed. */
  restart(): Promise<void>;
}

/** One whose issuer is in this process. */
export interface TimedSite extends MortalSite {
  /** Time goes by at the servers. */
  pass(milliseconds: number): Promise<void>;
  /** Does something at one moment of the servers' clock, however long it takes. */
  atOneMoment<Result>(work: () => Promise<Result>): Promise<Result>;
}

export async function openSite(
  options: Partial<IssuerOptions> = {},
  mode: Site["mode"] = "cookie",
): Promise<TimedSite> {
  return await openSiteOver(mode, async ({ auth, audience, clients }) => {
    const running = await startIssuer(auth, audience, { clients, ...options });
    return { ...running, known: { issuer: running.verifier } };
  });
}

export async function openMortalSite(options: Omit<TellableOptions, "clients">): Promise<MortalSite> {
  return await openSiteOver("cookie", async ({ auth, audience, clients }) => {
    const server = await createIssuerProcess(auth, audience, { clients, ...options });
    await server.start();
    return {
      origin: server.origin,
      world: systemWorld,
      // Past the door: what is lost there is lost on the way of browsers.
      known: {
        issuer: auth,
        revocation: { mode: "until-expiry" },
        fetch: (url, init) => fetch(url.replace(new URL(auth).origin, server.origin), init),
      },
      async restart() {
        await server.kill();
        await server.start();
      },
      close: () => server.close(),
    };
  });
}

/** What an issuer is told of the site that it belongs to. */
interface Surroundings extends Pick<TellableOptions, "clients"> {
  /** The issuer's address, and that of the API. */
  readonly auth: string;
  readonly audience: string;
}

interface SiteIssuer {
  readonly origin: string;
  /** As the API knows it, and the time of both. */
  readonly known: KnownIssuer;
  readonly world: World;
  close(): Promise<void>;
}

/** @param start starts the issuer; what else it can do, the site can do */
async function openSiteOver<Issuer extends SiteIssuer>(
  mode: Site["mode"],
  start: (surroundings: Surroundings) => Promise<Issuer>,
): Promise<Omit<Issuer, keyof SiteIssuer> & Site> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-site-"));
  const pair = await devCertificate(folder);
  const pages = await servePages();
  let originOf = (_path: string) => pages.origin;
  // An address and a name are never of one site.
  const host = mode === "bound" ? "127.0.0.1" : "localhost";
  const door = await openDoor((path) => originOf(path), { ...pair, host });
  const authDoor = mode === "bound" ? await openDoor((path) => originOf(path), pair) : door;
  const { origin } = door;
  const [auth, audience] = [`${authDoor.origin}/auth`, `${origin}/notes`];
  const issuer = await start({
    auth,
    audience,
    clients: [
      { id: APP, name: "Web", mode, origins: [origin], audiences: [auth, audience] },
      { id: RENDERED, name: "Rendered", mode: "storage", origins: [], audiences: [auth, audience] },
    ],
  });
  const notes = await startNotes(issuer.known, audience, issuer.world);
  originOf = (path) => {
    if (path.startsWith("/auth/")) return issuer.origin;
    return path.startsWith("/notes/") ? notes.origin : pages.origin;
  };

  return {
    ...issuer,
    origin,
    auth,
    mode,
    door,
    authDoor,
    certificate: pair.cert,
    authority: await readFile(join(folder, "ca.pem"), "utf8"),
    notes,
    renderWith: (app) => pages.serve(fetchListener(app, origin)),
    async close() {
      await Promise.all([...new Set([door, authDoor]), notes, pages].map((one) => one.close()));
      await issuer.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface Pages {
  readonly origin: string;
  /** Serves others from now on. */
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/** Where pages find the parts of the SDK that are loaded when they are needed. */
export const PARTS = "/parts/";

/** Where all that pages have is once more: what is loaded from there shares nothing with what is loaded from `/`. */
export const COPY = "/copy";

const PAGE = "<!doctype html><title>App</title><script type=module src=/app-page.js></script>";
const REACT_PAGE = `${PAGE}<div id=app></div><script type=module src=/react-page.js></script>`;

/** What pages have, by where it is served: in parts, of which each is loaded once. */
async function bundle(): Promise<ReadonlyMap<string, string>> {
  const entries = [new URL("./app-page.ts", import.meta.url), new URL("./react-page.ts", import.meta.url)];
  const { outputFiles } = await build({
    entryPoints: entries.map((entry) => fileURLToPath(entry)),
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: "/",
    chunkNames: `${PARTS.slice(1)}[name]-[hash]`,
    write: false,
    conditions: ["source"],
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

/** Serves pages that have the SDK, and do nothing with it by themselves. */
async function servePages(): Promise<Pages> {
  const scripts = await bundle();
  let listen: RequestListener = ({ url = "/" }, response) => {
    const script = scripts.get(url.replace(COPY, ""));
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(script ?? (url === "/react" ? REACT_PAGE : PAGE));
  };
  const server = createServer((request, response) => listen(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (listener) => {
      listen = listener;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
