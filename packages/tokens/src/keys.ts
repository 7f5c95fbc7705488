import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { z } from "zod";
import { Refusal } from "./errors.ts";

/** The algorithms that sign here. No RSA, a documented deviation from RFC 9068 §2.1; `EdDSA` means Ed25519. */
export const algorithms = ["EdDSA", "ES256"] as const;
export type Algorithm = (typeof algorithms)[number];

export interface VerificationKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly key: CryptoKey;
}

export interface SigningKey extends VerificationKey {}

/** A fresh pair; the private half leaves this function only as JWK text, to be sealed and stored. */
export interface GeneratedKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly publicJwk: PublicJwk;
  readonly privateJwk: string;
}

const coordinate = z.string().length(43);
const common = { kid: z.string().min(1).max(255), use: z.literal("sig") };

/** A public key as our key set publishes it: these members and no others (RFC 7517 §4, RFC 8037 §2). */
export const publicJwk = z.discriminatedUnion("kty", [
  z.strictObject({ ...common, kty: z.literal("OKP"), crv: z.literal("Ed25519"), alg: z.literal("EdDSA"), x: coordinate }),
  z.strictObject({
    ...common,
    kty: z.literal("EC"),
    crv: z.literal("P-256"),
    alg: z.literal("ES256"),
    x: coordinate,
    y: coordinate,
  }),
]);
export type PublicJwk = z.infer<typeof publicJwk>;

/** Makes a key pair. Its `kid` is the thumbprint of the public half (RFC 7638). */
export async function generateKey(alg: Algorithm): Promise<GeneratedKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const [exported, secret] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)]);
  const kid = await calculateJwkThumbprint(exported);
  const published = publicJwk.parse({ ...exported, kid, alg, use: "sig" });
  return { kid, alg, publicJwk: published, privateJwk: JSON.stringify(secret) };
}

/** @throws {Refusal} `unavailable` when the platform refuses the key, an off-curve point for example (RFC 8725 §3.4). */
export async function importVerificationKey(jwk: PublicJwk): Promise<VerificationKey> {
  return { kid: jwk.kid, alg: jwk.alg, key: await importKey(jwk, jwk.alg) };
}

/** @throws {Refusal} `unavailable` when the text is not a private key of this algorithm. */
export async function importSigningKey(kid: string, alg: Algorithm, privateJwk: string): Promise<SigningKey> {
  return { kid, alg, key: await importKey(JSON.parse(privateJwk) as JWK, alg) };
}

async function importKey(jwk: JWK, alg: Algorithm): Promise<CryptoKey> {
  try {
    return (await importJWK(jwk, alg, { extractable: false })) as CryptoKey;
  } catch (cause) {
    throw new Refusal("unavailable", { detail: "a key of the ring cannot be imported", cause });
  }
}
