import { base64url, type CryptoKey } from "jose";

/** A refresh token's parts. Opaque to clients; only the issuer reads it. */
export interface RefreshTokenParts {
  readonly sessionId: string;
  readonly gen: number;
  readonly secretVersion: number;
}

/** What the code is computed with, beside the parts. */
export interface RefreshKey {
  /** HMAC-SHA-256 key of this secret version. */
  readonly key: CryptoKey;
  /** Changes when the installation is restored from a backup: every earlier token dies. */
  readonly epoch: string;
  /** The session row's own salt. */
  readonly salt: string;
}

/** 16 and 32 bytes in base64url: the unused bits of the last character are zero, so a token has one spelling. */
const TOKEN =
  /^csr_([A-Za-z0-9_-]{21}[AQgw])\.(0|[1-9][0-9]{0,14})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

/** Makes the text of a refresh token. The same parts and key always make the same text. */
export async function formatRefreshToken(parts: RefreshTokenParts, key: RefreshKey): Promise<string> {
  const code = new Uint8Array(await crypto.subtle.sign("HMAC", key.key, message(parts, key)));
  return `csr_${parts.sessionId}.${parts.gen}.${parts.secretVersion}.${base64url.encode(code)}`;
}

/** Takes a presented token apart, or answers `undefined`. Believes nothing: see `isAuthentic`. */
export function parseRefreshToken(text: string): (RefreshTokenParts & { readonly code: string }) | undefined {
  const [, sessionId, gen, secretVersion, code] = TOKEN.exec(text) ?? [];
  if (!sessionId || !gen || !secretVersion || !code) return undefined;
  return { sessionId, gen: Number(gen), secretVersion: Number(secretVersion), code };
}

/** Whether this issuer made the token. In constant time, by the platform. Does not check what the session allows. */
export async function isAuthentic(
  parts: RefreshTokenParts & { readonly code: string },
  key: RefreshKey,
): Promise<boolean> {
  return await crypto.subtle.verify("HMAC", key.key, new Uint8Array(base64url.decode(parts.code)), message(parts, key));
}

/** @throws {TypeError} unless the secret has at least 32 bytes. */
export async function importRefreshSecret(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  if (secret.length < 32) throw new TypeError("a refresh secret has at least 32 bytes");
  return await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

function message(parts: RefreshTokenParts, key: RefreshKey): Uint8Array<ArrayBuffer> {
  const { sessionId, gen, secretVersion } = parts;
  return new TextEncoder().encode(JSON.stringify(["refresh", key.epoch, sessionId, gen, secretVersion, key.salt]));
}
