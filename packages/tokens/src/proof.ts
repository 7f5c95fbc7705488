import { base64url } from "jose";
import { z } from "zod";
import { LEEWAY_S } from "./claims.ts";
import { decodeSegment, parseSegment, splitCompact } from "./compact.ts";
import { Refusal } from "./errors.ts";
import { createProofKeys } from "./proof-keys.ts";
import type { ProofNonces } from "./proof-nonces.ts";
import { isSameResource } from "./proof-url.ts";

/** How old a proof may be, and how far ahead of us its maker's clock, in seconds. */
export const PROOF_AGE_S = 60;
export const PROOF_AHEAD_S = 10;

/** The longest `jti`: each is remembered for a while. */
const MAX_JTI_LENGTH = 128;
/** A proof holds a key, a URL and little else. */
const MAX_PROOF_LENGTH = 4096;
/** What WebCrypto calls ES256 (RFC 7518 §3.4). */
const SIGNED = { name: "ECDSA", hash: "SHA-256" };
const utf8 = new TextEncoder();

const claims = z.looseObject({
  jti: z.string().min(1).max(MAX_JTI_LENGTH),
  htm: z.string(),
  htu: z.string(),
  iat: z.int().min(0),
  ath: z.string().optional(),
  nonce: z.string().max(255).optional(),
  nbf: z.number().optional(),
  exp: z.number().optional(),
});
type ProofClaims = z.infer<typeof claims>;

/** The request that a proof has to be for. All of it is stated by the caller. */
export interface ProofExpectations {
  readonly method: string;
  /** The URL under which clients know the resource: from configuration, never from the request's `Host`. */
  readonly url: string;
  /** Of the access token that comes with it (`accessTokenHash`); `null` where none does. */
  readonly ath: string | null;
  /** The thumbprint of the key that has to have signed it; `null` where any may have. */
  readonly jkt: string | null;
}

/** A proof that holds, but for that it may have been used before. */
export interface Proof {
  /** The thumbprint of the key that signed it (RFC 7638). */
  readonly jkt: string;
  /** What a `ReplayStore` remembers it by: its key and its `jti` (RFC 9449 §11.1). */
  readonly replayKey: string;
  /** Until when it has to be remembered, in milliseconds since the epoch: longer than it holds, by the leeway. */
  readonly until: number;
}

export interface ProofRules {
  readonly nonces: ProofNonces;
  /** Whether every proof has to hold a nonce. Otherwise one does it instead of a clock that goes right. */
  readonly nonceRequired: boolean;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}

export type VerifyProof = (proof: string, expected: ProofExpectations) => Promise<Proof>;

/**
 * Verifies DPoP proofs as RFC 9449 §4.3 asks: shape, key, signature, method, URL, access token, and time or nonce.
 *
 * Does not check: whether a proof was used before (`ReplayStore`), and that there is only one `DPoP` header.
 *
 * The function throws a `Refusal`: `proof_invalid`; `key_mismatch` where another key than `jkt` signed; `use_dpop_nonce`,
 * with a nonce, for a proof out of time or without a good nonce.
 */
export function createProofVerifier({ nonces, nonceRequired, now }: ProofRules): VerifyProof {
  const keys = createProofKeys();

  /** @returns until when the proof is good */
  async function judgeMoment({ iat, nonce }: ProofClaims): Promise<number> {
    const moment = now();
    const second = moment / 1000;
    if (nonce !== undefined) {
      const until = await nonces.goodUntil(nonce, moment);
      if (until !== undefined) return until;
    } else if (!nonceRequired && iat >= second - PROOF_AGE_S && iat <= second + PROOF_AHEAD_S) {
      return (iat + PROOF_AGE_S) * 1000;
    }
    throw new Refusal("use_dpop_nonce", { detail: "out of time", nonce: await nonces.current(moment) });
  }

  return async (proof, expected) => {
    if (proof.length > MAX_PROOF_LENGTH) throw refused("longer than the limit");
    const { header, payload, signature } = read(splitCompact, proof);
    const key = await keys.find(header).catch(unreadable);
    if (expected.jkt !== null && key.jkt !== expected.jkt)
      throw new Refusal("key_mismatch", { detail: "a proof by another key" });
    const bytes = new Uint8Array(read(decodeSegment, signature));
    if (!(await crypto.subtle.verify(SIGNED, key.key, bytes, utf8.encode(`${header}.${payload}`))))
      throw refused("not genuine");
    const claimed = readClaims(read(parseSegment, payload), expected, now() / 1000);
    keys.keep(header, key);
    // Whoever remembers it reads another clock, or the same one later.
    const until = (await judgeMoment(claimed)) + LEEWAY_S * 1000;
    return { jkt: key.jkt, replayKey: `${key.jkt}.${claimed.jti}`, until };
  };
}

/** @param second the present, in seconds since the epoch */
function readClaims(payload: object, { method, url, ath }: ProofExpectations, second: number): ProofClaims {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) throw refused("claims of the wrong shape", parsed.error);
  const { exp = second, nbf = second } = parsed.data;
  if (exp <= second - LEEWAY_S || nbf > second + LEEWAY_S) throw refused("not now, as it says itself");
  if (parsed.data.htm !== method) throw refused("htm is another method");
  if (!isSameResource(parsed.data.htu, url)) throw refused("htu is another URL");
  if ((parsed.data.ath ?? null) !== ath) throw refused("ath is of another token");
  return parsed.data;
}

/** What a proof says of the access token that it comes with, `ath` (RFC 9449 §4.2). */
export async function accessTokenHash(token: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(token))));
}

function read<T>(parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (cause) {
    return unreadable(cause);
  }
}

function unreadable(cause: unknown): never {
  throw cause instanceof Refusal ? refused("not a JWT of this shape", cause) : cause;
}

function refused(detail: string, cause?: unknown): Refusal {
  return new Refusal("proof_invalid", { detail: `proof: ${detail}`, ...(cause === undefined ? {} : { cause }) });
}
