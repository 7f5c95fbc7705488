import { type CryptoKey, calculateJwkThumbprint } from "jose";
import { z } from "zod";
import { thumbprint } from "./claims.ts";
import { parseSegment } from "./compact.ts";
import { Refusal } from "./errors.ts";
import { importKey } from "./keys.ts";

/** The one algorithm of proofs: what every browser has, with keys that it gives to nobody. */
export const PROOF_ALGORITHM = "ES256";

/** RFC 9449 §4.2: these members and no others. No key is fetched, none is known by name, and none has a private part. */
const proofHeader = z.strictObject({
  typ: z.literal("dpop+jwt"),
  alg: z.literal(PROOF_ALGORITHM),
  jwk: z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: thumbprint, y: thumbprint }),
});

export interface ProofKey {
  readonly key: CryptoKey;
  /** Its thumbprint (RFC 7638). */
  readonly jkt: string;
}

/** So many keys are kept ready: importing one costs as much as verifying with it. */
const CAPACITY = 2_000;

/** Longer is no header that somebody writes who does not mean to fill our memory. */
const MAX_KEPT_HEADER_LENGTH = 512;

/**
 * Imports the keys that proofs bring along in their headers, and keeps those that have proved something, each by the header
 * that it came with last: an honest client writes the same one each time. When full, the oldest goes.
 *
 * `find` throws a `Refusal` for a header of another shape, and for a point that is not on the curve.
 */
export function createProofKeys() {
  const kept = new Map<string, ProofKey>();
  const headers = new Map<string, string>();
  const forget = (header: string) => {
    headers.delete(kept.get(header)?.jkt ?? "");
    kept.delete(header);
  };
  return {
    async find(header: string): Promise<ProofKey> {
      return kept.get(header) ?? (await readKey(header));
    },
    keep(header: string, key: ProofKey): void {
      if (kept.has(header) || header.length > MAX_KEPT_HEADER_LENGTH) return;
      forget(headers.get(key.jkt) ?? "");
      kept.set(header, key);
      headers.set(key.jkt, header);
      const [oldest] = kept.keys();
      if (kept.size > CAPACITY && oldest !== undefined) forget(oldest);
    },
  };
}

async function readKey(header: string): Promise<ProofKey> {
  const parsed = proofHeader.safeParse(parseSegment(header));
  if (!parsed.success)
    throw new Refusal("token_invalid", { detail: "a header of the wrong shape", cause: parsed.error });
  const { jwk } = parsed.data;
  return { key: await importKey(() => jwk, PROOF_ALGORITHM, "public"), jkt: await calculateJwkThumbprint(jwk) };
}
