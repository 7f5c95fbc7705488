import {
  type AccessToken,
  isAccountClaims,
  judgeTimes,
  type KeySource,
  permissionsOf,
  type Reason,
  Refusal,
  verifyAccessToken,
} from "@countersign/tokens";
import type { Subject, VerifiedToken, Verifier } from "./verifier.ts";

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

/** One of our own tokens: as the guard sees any, and with its claims, because versions decide revocation. */
export interface OwnToken extends VerifiedToken, AccessToken {}

/** A verifier of our own tokens, which knows at once what is revoked. */
export interface OwnVerifier extends Verifier {
  verify(token: string, audience: string): Promise<OwnToken>;
  judge(token: OwnToken): void;
}

/** A verifier over keys and revocations that somebody else keeps: the issuer in this process, or a remote key set. */
export function createVerifier(parts: VerifierParts): OwnVerifier {
  return Object.freeze({
    issuer: parts.issuer,
    async verify(token: string, audience: string): Promise<OwnToken> {
      const { issuer, keys } = parts;
      return ownToken(await verifyAccessToken(token, { issuer, audience, keys, now: parts.now() }));
    },
    judge(token: OwnToken) {
      judgeTimes(token.claims, parts.now());
      if (!parts.hasKey(token.kid)) throw new Refusal("token_stale", { detail: "its key is no longer published" });
      const reason = parts.revoked(token);
      if (reason !== undefined) throw new Refusal(reason, { detail: "revoked" });
    },
  });
}

function ownToken({ kid, claims }: AccessToken): OwnToken {
  const { iss, aud, exp, cnf } = claims;
  return { kid, claims, issuer: iss, audience: aud, exp, jkt: cnf?.jkt ?? null, subject: subjectOf(claims) };
}

function subjectOf(claims: AccessToken["claims"]): Subject {
  const common = { id: claims.sub, client: claims.client_id, permissions: permissionsOf(claims.scope) };
  if (!isAccountClaims(claims)) return { kind: "service", ...common };
  const { sid, org = null, auth_time, amr, acr, ext = {} } = claims;
  return { kind: "account", ...common, session: sid, org, authTime: auth_time, amr, acr, claims: ext };
}
