import { Refusal } from "@countersign/tokens";

/** `auth-scheme` and what separates it from its credentials (RFC 9110 §11.4). */
const SCHEME = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: +|$)/;
/** `b64token` (RFC 6750 §2.1), the `token68` of RFC 9110 §11.2. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
/** A credential behind a comma: two headers that somebody on the way has joined. */
const JOINED = /,[\t ]*(?:bearer|dpop)(?:[\t ,]|$)/i;

/** How a token is presented: by whoever has it (RFC 6750 §2.1), or by whoever holds its key (RFC 9449 §7.1). */
export type Scheme = "Bearer" | "DPoP";

export interface Credentials {
  readonly scheme: Scheme;
  readonly token: string;
}

/**
 * The access token of a request and how it is presented, from its `Authorization` headers and nowhere else. The scheme is
 * matched in any case (RFC 9110 §11.1).
 *
 * Does not check: the token, and whether it may be presented in this way.
 *
 * @throws {Refusal} `no_token` where there is no header or another scheme's than those; `malformed_credentials` where there
 * are two headers, joined ones, or a credential that is not one.
 */
export function credentialsOf(authorization: readonly string[], schemes: readonly Scheme[]): Credentials {
  const [value, ...others] = authorization;
  if (value === undefined) throw new Refusal("no_token");
  if (others.length > 0) throw malformed("more than one Authorization header");
  const [start, name] = SCHEME.exec(value) ?? [];
  if (start === undefined || JOINED.test(value)) throw malformed("not one scheme and its credentials");
  const scheme = schemes.find((one) => one.toLowerCase() === name?.toLowerCase());
  if (scheme === undefined) throw new Refusal("no_token", { detail: `another scheme than ${schemes.join(" or ")}` });
  const token = value.slice(start.length);
  if (!isToken(token)) throw malformed("not an access token");
  return { scheme, token };
}

/**
 * What the token is of a request like most. Only good for looking it up among tokens that `credentialsOf` has read and
 * that were verified.
 */
export function usualToken([value, ...others]: readonly string[]): string | undefined {
  return others.length === 0 && value?.startsWith("Bearer ") ? value.slice("Bearer ".length) : undefined;
}

/** Whether this may be a credential at all. */
export function isToken(text: string): boolean {
  return TOKEN68.test(text);
}

function malformed(detail: string): Refusal {
  return new Refusal("malformed_credentials", { detail });
}
