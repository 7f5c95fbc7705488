import { Refusal } from "@countersign/tokens";
import { notPermitted } from "../refusal/challenge.ts";
import { credentialsOf } from "../request/bearer.ts";
import { Facts } from "../request/facts.ts";
import { assertOurs } from "../verify/assert-ours.ts";
import type { OwnToken, OwnVerifier } from "../verify/local-verifier.ts";

export interface ServiceRule {
  readonly verifier: OwnVerifier;
  readonly audience: string;
  readonly permission: string;
}

/**
 * The token of a request to a route that is no procedure, and for services alone: verified, judged, and carrying the
 * permission. Whoever keeps the request open judges the token again.
 *
 * @throws {Refusal} as the guard's policies do; `not_permitted` for an account, whatever it carries
 */
export async function authenticateService(facts: Facts, rule: ServiceRule): Promise<OwnToken> {
  const { verifier, audience, permission } = rule;
  const { token: text } = credentialsOf(Facts.authorizationOf(facts), ["Bearer"]);
  const token = await verifier.verify(text, audience);
  assertOurs(token, rule);
  if (token.jkt !== null) throw new Refusal("key_mismatch", { detail: "a bound token, where proofs are not read" });
  verifier.judge(token);
  const { kind, permissions } = token.subject;
  if (kind !== "service" || !permissions.includes(permission)) throw notPermitted([permission]);
  return token;
}
