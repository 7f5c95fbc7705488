import { base64url } from "jose";
import type { Expectations } from "../access.ts";
import type { AccountClaims, ServiceClaims } from "../claims.ts";
import {
  type Algorithm,
  type GeneratedKey,
  generateKey,
  importSigningKey,
  importVerificationKey,
  type SigningKey,
  type VerificationKey,
} from "../keys.ts";

// What the tests of this package have in common: a still clock, real keys, and a way to sign anything at all.

/** 2030-01-01T00:00:00Z in milliseconds. */
export const NOW = 1_893_456_000_000;
export const SECOND = NOW / 1000;
export const ISSUER = "https://issuer.example";
export const AUDIENCE = "https://api.example";

export interface Pair {
  readonly generated: GeneratedKey;
  readonly signing: SigningKey;
  readonly verification: VerificationKey;
}

export async function makePair(alg: Algorithm = "EdDSA"): Promise<Pair> {
  const generated = await generateKey(alg);
  return {
    generated,
    signing: await importSigningKey(generated.kid, alg, generated.privateJwk),
    verification: await importVerificationKey(generated.publicJwk),
  };
}

export function expecting(...keys: VerificationKey[]): Expectations {
  const ring = new Map(keys.map((key) => [key.kid, key]));
  return { issuer: ISSUER, audience: AUDIENCE, keys: (kid) => ring.get(kid), now: NOW };
}

export function accountClaims(changes: Partial<AccountClaims> = {}): AccountClaims {
  return {
    iss: ISSUER,
    sub: "ann",
    aud: AUDIENCE,
    exp: SECOND + 300,
    iat: SECOND,
    jti: "token-1",
    client_id: "console",
    sid: "session-1",
    scope: "notes:read notes:write",
    auth_time: SECOND - 60,
    amr: ["pwd"],
    acr: "1fa",
    av: 3,
    sv: 2,
    ...changes,
  };
}

export function serviceClaims(changes: Partial<ServiceClaims> = {}): ServiceClaims {
  return {
    iss: ISSUER,
    sub: "billing",
    aud: AUDIENCE,
    exp: SECOND + 300,
    iat: SECOND,
    jti: "token-2",
    client_id: "billing",
    scope: "notes:read",
    av: 1,
    ...changes,
  };
}

/** One part of a token: an object becomes JSON, a text is taken as it is, so that a test can write what JSON cannot. */
export type Part = object | string | Uint8Array;

export function encode(part: Part): string {
  if (part instanceof Uint8Array) return base64url.encode(part);
  return base64url.encode(typeof part === "string" ? part : JSON.stringify(part));
}

/** The header that our own tokens have. */
export function honestHeader(key: { readonly kid: string; readonly alg: Algorithm }): Record<string, unknown> {
  return { alg: key.alg, typ: "at+jwt", kid: key.kid };
}

/** Signs any header and payload with a real key, as an issuer gone mad would: only the check under test can refuse it. */
export async function signAnything(header: Part, payload: Part, key: SigningKey): Promise<string> {
  const input = `${encode(header)}.${encode(payload)}`;
  const algorithm = key.alg === "EdDSA" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, key.key, new TextEncoder().encode(input));
  return `${input}.${base64url.encode(new Uint8Array(signature))}`;
}
