import { type CookieHolder, cookieOf } from "./request-cookie.ts";
import { cookieLine } from "./response-cookie.ts";

/** How long a browser remembers it, in seconds: an answer that is under way for longer is no answer any more. */
const MEMORY_S = 86_400;

/**
 * Which session was signed out in this browser, in a cookie beside the session's own. An answer that was under way
 * meanwhile may bring a renewed session of before, and the browser keeps it: with this one beside it, it counts as ended.
 * Nothing secret is in it.
 */
export interface DepartedCookie {
  /** `Set-Cookie` that remembers a session. */
  line(session: string): string;
  /** Whether a request says that a session was signed out. */
  names(request: CookieHolder, session: string): boolean;
}

/** @param name of the session's own cookie */
export function createDepartedCookie(name: string): DepartedCookie {
  // No client is called so: a dot is in no id.
  const own = `${name}.out`;
  return {
    line: (session) => cookieLine(own, encodeURIComponent(session), MEMORY_S),
    names: (request, session) => cookieOf(request, own) === encodeURIComponent(session),
  };
}
