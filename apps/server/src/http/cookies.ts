import { Refusal } from "@countersign/tokens";

const CLIENT_ID = /^[A-Za-z0-9_-]+$/;

/**
 * The name of a client's cookie. The prefix makes browsers refuse it from other hosts, without TLS, or for a path
 * (RFC 6265bis §4.1.3.2), so that a sibling can neither set nor shadow it.
 *
 * @throws {TypeError} for a client id that a cookie's name cannot hold: a mistake in its registration.
 */
export function cookieName(clientId: string): string {
  if (!CLIENT_ID.test(clientId)) throw new TypeError("a client in cookie mode has an id of letters, digits, - and _");
  return `__Host-cs-${clientId}`;
}

/**
 * Finds one cookie by its exact name.
 *
 * @throws {Refusal} `bad_request` when it is there twice: one of them is somebody else's (RFC 6265 §8.6).
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  if (values.length > 1) throw new Refusal("bad_request", { detail: "the cookie is there twice" });
  return values[0];
}

/** `Set-Cookie` for a refresh token. @param maxAge seconds */
export function cookie(name: string, value: string, maxAge: number): string {
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${Math.max(0, Math.floor(maxAge))}`;
}

/** `Set-Cookie` that makes a browser forget it. */
export function noCookie(name: string): string {
  return cookie(name, "", 0);
}
