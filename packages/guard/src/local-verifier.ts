import {
  type AccessToken,
  judgeTimes,
  type KeySource,
  type Reason,
  Refusal,
  verifyAccessToken,
} from "@countersign/tokens";
import type { Verifier } from "./verifier.ts";

export interface VerifierParts {
  /** The issuer's identifier, exactly as it stands in the tokens. */
  readonly issuer: string;
  /** Finds a key that verifies; may reach for the network, and is asked once a token. */
  readonly keys: KeySource;
  /** Whether a key is still published, from memory; asked on every call. */
  hasKey(kid: string): boolean;
  /** Why a token is dead, or `undefined` while it lives; from memory, asked on every call. */
  revoked(token: AccessToken): Reason | undefined;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}

/** A verifier over keys and revocations that somebody else keeps: the issuer in this process, or a remote key set. */
export function createVerifier(parts: VerifierParts): Verifier {
  return Object.freeze({
    issuer: parts.issuer,
    verify: (token: string, audience: string) =>
      verifyAccessToken(token, { issuer: parts.issuer, audience, keys: parts.keys, now: parts.now() }),
    judge(token: AccessToken) {
      judgeTimes(token.claims, parts.now());
      if (!parts.hasKey(token.kid)) throw new Refusal("token_stale", { detail: "its key is no longer published" });
      const reason = parts.revoked(token);
      if (reason !== undefined) throw new Refusal(reason, { detail: "revoked" });
    },
  });
}
