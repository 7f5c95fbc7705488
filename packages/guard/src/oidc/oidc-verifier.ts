import {
  type ForeignClaims,
  type ForeignToken,
  importForeignKey,
  judgeTimes,
  Refusal,
  systemWorld,
  verifyForeignToken,
} from "@countersign/tokens";
import { discoveryUrls, fetchKeySetUrl } from "../issuer/issuer-documents.ts";
import { createPublishedKeys } from "../issuer/published-keys.ts";
import type { VerifiedToken, Verifier } from "../verify/verifier.ts";
import { checkOidcOptions, type OidcOptions } from "./oidc-options.ts";
import { subjectOfClaims } from "./oidc-subject.ts";

/** A token as the guard sees any, and with what is needed to judge it. */
interface Token extends VerifiedToken, ForeignToken {}

/**
 * A verifier for an issuer that is not ours, for `createGuard({ issuer })`: any that publishes its metadata (OpenID Connect
 * Discovery, RFC 8414) and signs its access tokens as JWTs, by default as RFC 9068 asks. Whatever a less strict one needs
 * is stated. ID tokens are refused.
 *
 * Does not check: revocation. A token lives until it expires, `maxLife` at most.
 *
 * @throws {TypeError} with a sentence that names the setting, for whatever would make a verifier that does not verify.
 */
export function oidcVerifier(options: OidcOptions): Verifier {
  const settings = checkOidcOptions(options);
  const { issuer, audience, typ, severalAudiences, maxLife, jwksUri, world = systemWorld } = settings;
  const algorithms = new Set<string>(settings.algorithms);
  const now = () => world.now();
  const keys = createPublishedKeys({
    locate: async (fetch) => jwksUri ?? (await fetchKeySetUrl(issuer, discoveryUrls(issuer), fetch)),
    read: (jwk) => importForeignKey(jwk, settings.algorithms),
    fetch: settings.fetch,
    now,
  });

  return Object.freeze({
    issuer,
    audience,
    async verify(text: string, asked: string): Promise<Token> {
      if (asked !== audience) throw new TypeError("a verifier for another audience");
      const expected = { issuer, audience, typ, algorithms, severalAudiences, maxLife, keys: keys.find, now: now() };
      const { kid, claims } = await verifyForeignToken(text, expected);
      const subject = subjectOfClaims(claims, settings);
      return { kid, claims, issuer, audience, exp: claims.exp, jkt: thumbprint(claims), subject };
    },
    judge({ kid, claims }: Token) {
      judgeTimes(claims, now(), maxLife);
      if (!keys.has(kid)) throw new Refusal("token_stale", { detail: "its key is no longer published" });
    },
  });
}

/** RFC 9449 §6.1. Tokens that are bound in another way are beyond this guard (RFC 8705 §3.1). */
function thumbprint({ cnf }: ForeignClaims): string | null {
  if (cnf === undefined) return null;
  const { jkt } = cnf;
  if (typeof jkt !== "string") throw new Refusal("key_mismatch", { detail: "bound in a way that is not known" });
  return jkt;
}
