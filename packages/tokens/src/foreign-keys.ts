import type { JWK } from "jose";
import { z } from "zod";
import { importKey, MAX_KID_LENGTH, type VerificationKey } from "./keys.ts";

/** The algorithms that other issuers sign with: asymmetric ones (RFC 9068 §2.1 asks for RS256), and no others. */
export const foreignAlgorithms = ["RS256", "PS256", "ES256", "EdDSA"] as const;
export type ForeignAlgorithm = (typeof foreignAlgorithms)[number];

/** What a key of each algorithm is. */
const kinds: Readonly<Record<ForeignAlgorithm, { readonly kty: string; readonly crv?: string }>> = {
  RS256: { kty: "RSA" },
  PS256: { kty: "RSA" },
  ES256: { kty: "EC", crv: "P-256" },
  EdDSA: { kty: "OKP", crv: "Ed25519" },
};

/** RFC 8725 §3.5, RFC 7518 §3.3. */
const LEAST_MODULUS_BITS = 2048;

const member = z.string().min(1);
/** The members that are read of a foreign key; certificates and whatever else stands there are left alone. */
const foreignJwk = z.object({
  kid: z.string().min(1).max(MAX_KID_LENGTH),
  kty: member,
  use: z.literal("sig").optional(),
  key_ops: z.array(z.string()).optional(),
  alg: member.optional(),
  crv: member.optional(),
  n: member.optional(),
  e: member.optional(),
  x: member.optional(),
  y: member.optional(),
  // A private or symmetric key that somebody published is no key to believe.
  d: z.undefined().optional(),
  k: z.undefined().optional(),
});

/**
 * A public signing key of another issuer's set (RFC 7517 §4), `undefined` for anything else: another algorithm, another
 * use, a private or a symmetric key, RSA below 2048 bits. A key has one algorithm (RFC 8725 §3.1): the one that it names,
 * or, where it names none, the first of `algorithms` that a key of its kind can have.
 */
export async function importForeignKey(
  jwk: unknown,
  algorithms: readonly ForeignAlgorithm[],
): Promise<VerificationKey<ForeignAlgorithm> | undefined> {
  const parsed = foreignJwk.safeParse(jwk);
  if (!parsed.success) return undefined;
  const { kid, kty, key_ops: operations, alg: named, crv, n, e, x, y } = parsed.data;
  if (operations && !operations.includes("verify")) return undefined;
  const alg = algorithms.find(
    (name) => (named ?? name) === name && kinds[name].kty === kty && (kinds[name].crv ?? crv) === crv,
  );
  if (!alg) return undefined;
  const members: JWK = JSON.parse(JSON.stringify({ kty, crv, n, e, x, y }));
  const key = await importKey(() => members, alg, "public").catch(() => undefined);
  const { modulusLength = LEAST_MODULUS_BITS } = (key?.algorithm ?? {}) as { modulusLength?: number };
  return key && modulusLength >= LEAST_MODULUS_BITS ? { kid, alg, key } : undefined;
}
