import type { ClientWorld } from "../client-world.ts";
import type { ProofKeyPair } from "./proof-key.ts";

/** A request that is to be proved (RFC 9449 §4.2). */
interface ProvedRequest {
  readonly method: string;
  readonly url: string;
  /** The access token that goes with it. */
  readonly token?: string | undefined;
}

/** Proves that whoever asks holds the key of this app's session, request by request. */
export interface Prover {
  /** The key's thumbprint (RFC 7638). */
  jkt(): Promise<string>;
  /** A proof for one request and no other. */
  prove(request: ProvedRequest): Promise<string>;
  /** What a server wants to see in the next proofs for it. */
  demand(url: string, nonce: string): Promise<void>;
  /** What a server offers with an answer: of use where it has demanded one before. */
  offer(url: string, headers: Headers): Promise<void>;
}

const SIGNING = { name: "ECDSA", hash: "SHA-256" };

/** @param key asked for once, when it is needed first */
export function createProver(key: () => Promise<ProofKeyPair>, world: Pick<ClientWorld, "now">): Prover {
  let made: Promise<Material> | undefined;
  /** By origin, of servers that demanded one. */
  const nonces = new Map<string, string>();
  const material = () => {
    made ??= key().then(materialOf);
    return made;
  };

  return {
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
    async demand(url, nonce) {
      nonces.set(new URL(url).origin, nonce);
    },
    async offer(url, headers) {
      const nonce = headers.get("dpop-nonce");
      const { origin } = new URL(url);
      if (nonce && nonces.has(origin)) nonces.set(origin, nonce);
    },
  };
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
