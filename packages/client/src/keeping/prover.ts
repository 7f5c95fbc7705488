import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import type { ProofKeyPair } from "./proof-key.ts";

/** A request that is to be proved (RFC 9449 §4.2). */
interface ProvedRequest {
  readonly method: string;
  readonly url: string;
  /** The access token that goes with it. */
  readonly token?: string | undefined;
}

/**
 * Proves that whoever asks holds the key of this app's session, request by request.
 *
 * Throws {ClientError} `network` while the key cannot be read: whoever needs it next tries again.
 */
export interface Prover {
  /** The key's thumbprint (RFC 7638). */
  jkt(): Promise<string>;
  /** A proof for one request and no other. */
  prove(request: ProvedRequest): Promise<string>;
  /** Reads the key anew: another page may have made another one. @returns whether it is not the one that it was */
  reread(): Promise<boolean>;
  /** What a server wants to see in the next proofs for it. */
  demand(url: string, nonce: string): Promise<void>;
  /** What a server offers with an answer: of use where it has demanded one before. */
  offer(url: string, headers: Headers): Promise<void>;
  /**
   * What a server says to a request for tokens: it offers a nonce, demands one, or knows another key.
   *
   * @param error the reason why it refused, if it did
   * @returns whether the same request may be proved better now
   */
  heed(url: string, error: unknown, headers: Headers): Promise<boolean>;
}

const SIGNING = { name: "ECDSA", hash: "SHA-256" };

/** @param key asked for when it is needed first, and where another may have taken its place */
export function createProver(key: () => Promise<ProofKeyPair>, world: Pick<ClientWorld, "now">): Prover {
  let made: Promise<Material> | undefined;
  /** By origin, of servers that demanded one. */
  const nonces = new Map<string, string>();
  const read = () => {
    const reading = key()
      .then(materialOf)
      .catch((cause: unknown) => {
        if (made === reading) made = undefined;
        throw new ClientError("network", { cause });
      });
    made = reading;
    return reading;
  };
  const material = () => made ?? read();

  const prover: Prover = {
    jkt: async () => (await material()).jkt,
    async prove({ method, url, token }) {
      const { header, privateKey } = await material();
      const { origin, pathname } = new URL(url);
      const claims = {
        jti: encode(crypto.getRandomValues(new Uint8Array(16))),
        htm: method,
        htu: origin + pathname,
        iat: Math.floor(world.now() / 1000),
        ath: token === undefined ? undefined : await hash(token),
        nonce: nonces.get(origin),
      };
      const input = `${header}.${encode(bytes(JSON.stringify(claims)))}`;
      const signature = await crypto.subtle.sign(SIGNING, privateKey, bytes(input));
      return `${input}.${encode(new Uint8Array(signature))}`;
    },
    async reread() {
      const [before, after] = [made, read()].map((one) => one?.catch(() => undefined));
      // What cannot be read may be another one.
      return (await before)?.jkt !== (await after)?.jkt;
    },
    async demand(url, nonce) {
      nonces.set(new URL(url).origin, nonce);
    },
    async offer(url, headers) {
      const nonce = headers.get("dpop-nonce");
      const { origin } = new URL(url);
      if (nonce && nonces.has(origin)) nonces.set(origin, nonce);
    },
    async heed(url, error, headers) {
      if (error === "key_mismatch") return await prover.reread();
      const nonce = error === "use_dpop_nonce" ? headers.get("dpop-nonce") : null;
      if (nonce) await prover.demand(url, nonce);
      else await prover.offer(url, headers);
      return nonce !== null;
    },
  };
  return prover;
}

interface Material {
  readonly jkt: string;
  /** The same in every proof. */
  readonly header: string;
  readonly privateKey: CryptoKey;
}

async function materialOf({ publicKey, privateKey }: ProofKeyPair): Promise<Material> {
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  // The members in the order that the thumbprint is made of (RFC 7638 §3.2).
  const jwk = { crv, kty, x, y };
  const header = encode(bytes(JSON.stringify({ typ: "dpop+jwt", alg: "ES256", jwk })));
  return { jkt: await hash(JSON.stringify(jwk)), header, privateKey };
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function hash(text: string): Promise<string> {
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes(text))));
}

/** Base64url without padding (RFC 7515 §2). */
function encode(raw: Uint8Array): string {
  return btoa(String.fromCharCode(...raw))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
