import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { accessTokenHash } from "../proof.ts";
import { NOW, type Part, signAnything } from "./forge.ts";

// Somebody who holds a key and proves it, as another client than ours might: header and claims can be changed at will.

export interface Proving {
  readonly method?: string;
  readonly url: string;
  readonly token?: string;
  readonly nonce?: string;
  /** In milliseconds. */
  readonly now?: number;
  /** Claims to replace; `undefined` leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface Prover {
  readonly jkt: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly privateJwk: Readonly<Record<string, unknown>>;
  prove(request: Proving): Promise<string>;
  sign(header: Part, payload: Part): Promise<string>;
}

export async function createProver(): Promise<Prover> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  const jwk: Record<string, unknown> = { ...publicJwk };
  const sign = (header: Part, payload: Part) =>
    signAnything(header, payload, { kid: "", alg: "ES256", key: privateKey });
  let made = 0;
  return {
    jkt: await calculateJwkThumbprint(publicJwk),
    jwk,
    privateJwk: { ...privateJwk },
    sign,
    async prove({ method = "GET", url, token, nonce, now = NOW, claims, header }) {
      made += 1;
      const payload = {
        jti: `${jwk["x"]}-${made}`,
        htm: method,
        htu: url,
        iat: Math.floor(now / 1000),
        ath: token === undefined ? undefined : await accessTokenHash(token),
        nonce,
        ...claims,
      };
      return await sign({ typ: "dpop+jwt", alg: "ES256", jwk, ...header }, payload);
    },
  };
}
