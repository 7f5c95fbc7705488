// Somebody's own small issuer, built on @countersign/tokens: it signs tokens, and verifies them for a guard in the same
// process.
import { createVerifier, type Verifier } from "@countersign/guard";
import {
  generateKey,
  importSigningKey,
  importVerificationKey,
  issueAccessToken,
  RevocationSet,
  systemWorld,
} from "@countersign/tokens";

export interface OwnIssuer {
  readonly verifier: Verifier;
  /** A token for five minutes. */
  token(audience: string, account: string, permissions: readonly string[]): Promise<string>;
}

export async function createOwnIssuer(issuer: string): Promise<OwnIssuer> {
  const made = await generateKey("EdDSA");
  const signing = await importSigningKey(made.kid, made.alg, made.privateJwk);
  const ring = new Map([[made.kid, await importVerificationKey(made.publicJwk)]]);
  const revoked = new RevocationSet();
  return {
    verifier: createVerifier({
      issuer,
      keys: (kid) => ring.get(kid),
      hasKey: (kid) => ring.has(kid),
      revoked: ({ kid, claims }) => revoked.judge(kid, claims),
      now: systemWorld.now,
    }),
    token(audience, account, permissions) {
      const iat = Math.floor(systemWorld.now() / 1000);
      const person = {
        sub: account,
        client_id: "app",
        sid: "session",
        auth_time: iat,
        amr: ["pwd"],
        acr: "1fa" as const,
      };
      const times = { iat, exp: iat + 300, jti: `token-${iat}` };
      const claims = { iss: issuer, aud: audience, scope: permissions.join(" "), av: 0, sv: 0, ...times, ...person };
      return issueAccessToken(claims, signing);
    },
  };
}
