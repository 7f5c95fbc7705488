import { Refusal } from "@countersign/tokens";

/** `auth-scheme` and what separates it from its credentials (RFC 9110 §11.4). */
const SCHEME = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: +|$)/;
/** `b64token` (RFC 6750 §2.1), the `token68` of RFC 9110 §11.2. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
/** A Bearer credential behind a comma: two headers that somebody on the way has joined. */
const JOINED = /,[\t ]*bearer(?:[\t ,]|$)/i;

/**
 * The bearer token of a request, from its `Authorization` headers and nowhere else (RFC 6750 §2.1). The scheme is
 * matched in any case (RFC 9110 §11.1).
 *
 * Does not check: the token.
 *
 * @throws {Refusal} `no_token` where there is no header or another scheme's; `malformed_credentials` where there are two
 * headers, joined ones, or a Bearer credential that is not one.
 */
export function bearerToken(authorization: readonly string[]): string {
  const [value, ...others] = authorization;
  if (value === undefined) throw new Refusal("no_token");
  if (others.length > 0) throw malformed("more than one Authorization header");
  const [start, scheme] = SCHEME.exec(value) ?? [];
  if (start === undefined || JOINED.test(value)) throw malformed("not one scheme and its credentials");
  if (scheme?.toLowerCase() !== "bearer") throw new Refusal("no_token", { detail: "another scheme than Bearer" });
  const token = value.slice(start.length);
  if (!TOKEN68.test(token)) throw malformed("not a bearer token");
  return token;
}

/**
 * What the token is of a request like most. Only good for looking it up among tokens that `bearerToken` has read and
 * that were verified.
 */
export function usualToken([value, ...others]: readonly string[]): string | undefined {
  return others.length === 0 && value?.startsWith("Bearer ") ? value.slice("Bearer ".length) : undefined;
}

function malformed(detail: string): Refusal {
  return new Refusal("malformed_credentials", { detail });
}
