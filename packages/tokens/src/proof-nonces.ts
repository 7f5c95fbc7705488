import { base64url, type CryptoKey } from "jose";

/** How long a nonce is handed out, in milliseconds; it is good for once as long again. */
const PERIOD_MS = 120_000;

/** Nonces for proofs of possession (RFC 9449 §8, §9). They are remembered nowhere: the key and the time make them. */
export interface ProofNonces {
  /** The one to hand out at this moment, in milliseconds. */
  current(now: number): Promise<string>;
  /** Until when a nonce is good, in milliseconds; `undefined` for one that is good no longer, or never was ours. */
  goodUntil(nonce: string, now: number): Promise<number | undefined>;
}

/**
 * Nonces that every process with this secret makes and knows.
 *
 * @throws {TypeError} unless the secret has at least 32 bytes.
 */
export function createProofNonces(secret: Uint8Array<ArrayBuffer>): ProofNonces {
  if (!(secret instanceof Uint8Array && secret.length >= 32))
    throw new TypeError("a nonce secret has at least 32 bytes");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const made = new Map<number, Promise<string>>();

  function ofPeriod(period: number): Promise<string> {
    const known = made.get(period);
    if (known) return known;
    const fresh = key.then((ready) => makeNonce(ready, period));
    made.set(period, fresh);
    for (const old of made.keys()) if (old < period - 1) made.delete(old);
    return fresh;
  }

  return {
    current: (now) => ofPeriod(Math.floor(now / PERIOD_MS)),
    async goodUntil(nonce, now) {
      const period = Math.floor(now / PERIOD_MS);
      for (const candidate of [period, period - 1]) {
        // Anybody may have a nonce for the asking, so there is nothing to learn from how long this takes.
        if ((await ofPeriod(candidate)) === nonce) return (candidate + 2) * PERIOD_MS;
      }
      return undefined;
    },
  };
}

async function makeNonce(key: CryptoKey, period: number): Promise<string> {
  const message = new TextEncoder().encode(`dpop-nonce ${period}`);
  return base64url.encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, message)));
}
