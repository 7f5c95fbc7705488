import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { z } from "zod";
import { Refusal } from "./errors.ts";

/** The algorithms that sign here. No RSA, a documented deviation from RFC 9068 §2.1; `EdDSA` means Ed25519. */
export const algorithms = ["EdDSA", "ES256"] as const;
export type Algorithm = (typeof algorithms)[number];

/** The longest key id that exists, in characters. */
export const MAX_KID_LENGTH = 255;

export interface VerificationKey<A extends string = Algorithm> {
  readonly kid: string;
  readonly alg: A;
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
const common = { kid: z.string().min(1).max(MAX_KID_LENGTH), use: z.literal("sig") };

/** A public key as our key set publishes it: these members and no others (RFC 7517 §4, RFC 8037 §2). */
export const publicJwk = z.discriminatedUnion("kty", [
  z.strictObject({
    ...common,
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    alg: z.literal("EdDSA"),
    x: coordinate,
  }),
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

/**
 * Makes a key pair. Its `kid` is the thumbprint of the public half (RFC 7638). One that begins with a dash is thrown away: on
 * a command line it would be an option.
 */
export async function generateKey(alg: Algorithm): Promise<GeneratedKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const [exported, secret] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)]);
  const kid = await calculateJwkThumbprint(exported);
  if (kid.startsWith("-")) return await generateKey(alg);
  const published = publicJwk.parse({ ...exported, kid, alg, use: "sig" });
  return { kid, alg, publicJwk: published, privateJwk: JSON.stringify(secret) };
}

/**
 * Does not check: that `kid` is the thumbprint.
 *
 * @throws {Refusal} `unavailable` for anything but our kind of public key, an off-curve point too (RFC 8725 §3.4).
 */
export async function importVerificationKey(jwk: PublicJwk): Promise<VerificationKey> {
  const { kid, alg } = jwk;
  return { kid, alg, key: await importKey(() => publicJwk.parse(jwk), alg, "public") };
}

/** @throws {Refusal} `unavailable` when the text is not a private key of this algorithm. */
export async function importSigningKey(kid: string, alg: Algorithm, privateJwk: string): Promise<SigningKey> {
  return { kid, alg, key: await importKey(() => JSON.parse(privateJwk) as JWK, alg, "private") };
}

/** @throws {Refusal} `unavailable` for anything but a key of this kind, an off-curve point too (RFC 8725 §3.4). */
export async function importKey(read: () => JWK, alg: string, type: "public" | "private"): Promise<CryptoKey> {
  try {
    const key = await importJWK(read(), alg, { extractable: false });
    if (key instanceof Uint8Array || key.type !== type) throw new TypeError(`not a ${type} key`);
    return key;
  } catch (cause) {
    throw new Refusal("unavailable", { detail: "a key of the ring cannot be imported", cause });
  }
}
