import { randomUUID } from "node:crypto";
import { type Claims, generateKey, importSigningKey, issueAccessToken } from "@countersign/tokens";
import type { Setup } from "./setup.ts";

/** Signs tokens for the contestants of one run, and forges some. */
export interface Mint {
  readonly setup: Setup;
  /** New tokens of one session, as refreshing it gives them. */
  good(count: number): Promise<string[]>;
  /** New tokens, each of another session. */
  strangers(count: number): Promise<string[]>;
  /** Good with proofs of the key that has this thumbprint. */
  bound(jkt: string): Promise<string>;
  /** Signed, and no longer good. */
  expired(): Promise<string>;
  /**
   * Tokens that only the check of their signature tells from good ones: the signature is a genuine one, of another token.
   * A random one would be found out before the costly part in most cases (RFC 8032 §5.1.7: S must be below the order).
   * They name a session of the forger's own.
   */
  forged(count: number): Promise<string[]>;
}

const LIFE_S = 900;

export async function createMint(): Promise<Mint> {
  const { kid, alg, publicJwk, privateJwk } = await generateKey("EdDSA");
  const key = await importSigningKey(kid, alg, privateJwk);
  const setup: Setup = {
    issuer: "https://issuer.example",
    audience: "https://api.example",
    jwk: publicJwk,
    account: "3f0c1d8e-9f0a-4c6e-8a55-1d0b6c1f7a21",
    notes: [{ id: "1", text: "buy plums" }],
  };
  const claims = (iat: number, sid: string): Claims => ({
    iss: setup.issuer,
    sub: setup.account,
    aud: setup.audience,
    exp: iat + LIFE_S,
    iat,
    jti: randomUUID(),
    client_id: "console",
    sid,
    scope: "notes:read notes:write",
    auth_time: iat,
    amr: ["pwd"],
    acr: "1fa",
    av: 1,
    sv: 1,
  });
  const now = () => Math.floor(Date.now() / 1000);
  const sign = (count: number, session: () => string) =>
    Promise.all(Array.from({ length: count }, () => issueAccessToken(claims(now(), session()), key)));
  const [ours, forgers] = [randomUUID(), randomUUID()];
  return {
    setup,
    good: (count) => sign(count, () => ours),
    strangers: (count) => sign(count, () => randomUUID()),
    bound: (jkt) => issueAccessToken({ ...claims(now(), ours), cnf: { jkt } }, key),
    expired: () => issueAccessToken(claims(now() - 2 * LIFE_S, ours), key),
    async forged(count) {
      const [genuine = ""] = await sign(1, () => forgers);
      const [header, , signature] = genuine.split(".");
      const payload = () => Buffer.from(JSON.stringify(claims(now(), forgers))).toString("base64url");
      return Array.from({ length: count }, () => `${header}.${payload()}.${signature}`);
    },
  };
}
