import type { CookieHolder } from "./request-cookie.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const MODES: ReadonlySet<string> = new Set(["cors", "same-origin"]);

/** Whether a request comes from the app's own pages, by `Origin` and fetch metadata. A missing `Origin` says nothing. */
function isOwn({ headers }: CookieHolder, origin: string): boolean {
  const site = headers.get("sec-fetch-site");
  return headers.get("origin") === origin && (site === null || site === "same-origin");
}

/**
 * Whether a request may speak for whom its cookie is of: one that may change something only from the app's own pages, so
 * that no form and no script of another site or sub-domain can (ASVS 3.5.1).
 */
export function maySpeak(request: CookieHolder, origin: string): boolean {
  return SAFE.has(request.method ?? "GET") || isOwn(request, origin);
}

/** Whether it is a script of the app's own that asks: no form and no image can send a header of our own. */
export function isOwnScript(request: CookieHolder, origin: string): boolean {
  const mode = request.headers.get("sec-fetch-mode");
  return isOwn(request, origin) && (mode === null || MODES.has(mode)) && request.headers.get("x-countersign") === "1";
}
