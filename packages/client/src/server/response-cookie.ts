/**
 * `Set-Cookie` for this host alone. `Lax`, because a page that somebody comes to by a link shall know who they are; what
 * changes something is judged by its `Origin`.
 *
 * @param maxAge seconds
 */
export function cookieLine(name: string, value: string, maxAge: number): string {
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${Math.max(0, Math.floor(maxAge))}`;
}

/** What an answer says that sets a session's cookie: nobody else may be given it. @param maxAge seconds */
export function settingCookie(name: string, value: string, maxAge: number): Headers {
  return new Headers({ "set-cookie": cookieLine(name, value, maxAge), "cache-control": "no-store" });
}

/** The same for one that makes the browser forget it. */
export function removingCookie(name: string): Headers {
  return settingCookie(name, "", 0);
}
