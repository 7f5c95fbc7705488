import { base64url } from "jose";

/** A256GCM (RFC 7518 §5.3). */
const BYTES = 32;

/**
 * Keys for cookies: 32 random bytes each, as bytes or in base64url.
 *
 * @throws {TypeError} for none, and for one of another length
 */
export function readSecrets(secrets: readonly (string | Uint8Array)[]): readonly [Uint8Array, ...Uint8Array[]] {
  const [first, ...others] = secrets.map(readSecret);
  if (!first) throw new TypeError("secrets: at least one, of 32 random bytes");
  return [first, ...others];
}

function readSecret(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === "string" ? decoded(secret) : secret;
  if (bytes?.length === BYTES) return bytes;
  throw new TypeError("secrets: each 32 random bytes, as a Uint8Array or in base64url");
}

function decoded(text: string): Uint8Array | undefined {
  try {
    return base64url.decode(text);
  } catch {
    return undefined;
  }
}
