import { type CryptoKey, calculateJwkThumbprint } from "jose";
import { z } from "zod";
import { thumbprint } from "./claims.ts";
import { importKey } from "./keys.ts";

/** The one algorithm of proofs: what every browser has, with keys that it gives to nobody. */
export const PROOF_ALGORITHM = "ES256";

/** A public key as a proof brings it along: these members and no others, so no private part and nothing to follow. */
export const proofJwk = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: thumbprint,
  y: thumbprint,
});
type ProofJwk = z.infer<typeof proofJwk>;

export interface ProofKey {
  readonly key: CryptoKey;
  /** Its thumbprint (RFC 7638). */
  readonly jkt: string;
}

/** So many keys are kept ready: importing one costs as much as verifying with it. */
const CAPACITY = 2_000;

/**
 * Imports the keys that proofs bring along, and keeps those that have proved something. When full, the oldest goes.
 *
 * `find` throws a `Refusal` for a point that is not on the curve.
 */
export function createProofKeys() {
  const kept = new Map<string, ProofKey>();
  const nameOf = ({ x, y }: ProofJwk) => `${x}.${y}`;
  return {
    async find(jwk: ProofJwk): Promise<ProofKey> {
      const known = kept.get(nameOf(jwk));
      if (known) return known;
      const key = await importKey(() => ({ ...jwk }), PROOF_ALGORITHM, "public");
      return { key, jkt: await calculateJwkThumbprint(jwk) };
    },
    keep(jwk: ProofJwk, key: ProofKey): void {
      kept.set(nameOf(jwk), key);
      const [oldest] = kept.keys();
      if (kept.size > CAPACITY && oldest !== undefined) kept.delete(oldest);
    },
  };
}
