import { CompactSign, calculateJwkThumbprint, compactVerify } from "jose";
import { z } from "zod";
import type { AuditLink } from "./audit-chain.ts";
import { parseCompact } from "./compact.ts";
import { Refusal } from "./errors.ts";
import { importVerificationKey, type PublicJwk, type SigningKey, type VerificationKey } from "./keys.ts";

const TYP = "audit-seal+jws";

/** What a seal says: at this moment the audit of this issuer ended with this entry. */
export interface AuditHead extends AuditLink {
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const payload = z.strictObject({
  iss: z.string().min(1),
  seq: z.int().min(1),
  hash: z.string().length(43),
  at: z.int(),
});

/** Signs the end of a chain: a JWS in compact form (RFC 7515 §3.1), of a type that no token has (RFC 8725 §3.11). */
export async function sealAudit({ issuer, seq, hash, at }: AuditHead, key: SigningKey): Promise<string> {
  const text = JSON.stringify({ iss: issuer, seq, hash, at });
  const header = { alg: key.alg, typ: TYP, kid: key.kid };
  return await new CompactSign(new TextEncoder().encode(text)).setProtectedHeader(header).sign(key.key);
}

/** The id of the key that a seal names. Nothing is believed yet. @throws {Refusal} `token_invalid` for what is no seal */
export function keyOfSeal(seal: string): string {
  const { typ, kid } = parseCompact(seal).header;
  if (typ !== TYP || typeof kid !== "string") throw new Refusal("token_invalid", { detail: "not a seal of an audit" });
  return kid;
}

/**
 * What a seal says, if this key signed it.
 *
 * Does not check: that the key may be trusted, that there is such an entry.
 *
 * @throws {Refusal} `token_invalid`
 */
export async function openAuditSeal(seal: string, key: VerificationKey): Promise<AuditHead> {
  if (keyOfSeal(seal) !== key.kid) throw new Refusal("token_invalid", { detail: "a seal of another key" });
  try {
    const verified = await compactVerify(seal, key.key, { algorithms: [key.alg] });
    const { iss, ...link } = payload.parse(JSON.parse(new TextDecoder().decode(verified.payload)));
    return { issuer: iss, ...link };
  } catch (cause) {
    throw new Refusal("token_invalid", { detail: "not a seal by this key", cause });
  }
}

/**
 * A public key whose id is its thumbprint (RFC 7638): who knows the id knows the key.
 *
 * @throws {Refusal} `unavailable` for another id, or no key of ours
 */
export async function importAuditKey(jwk: PublicJwk): Promise<VerificationKey> {
  const key = await importVerificationKey(jwk);
  if ((await calculateJwkThumbprint(jwk)) === key.kid) return key;
  throw new Refusal("unavailable", { detail: "the id of a key is not its thumbprint" });
}
