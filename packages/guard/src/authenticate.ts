import { Refusal } from "@countersign/tokens";
import { assertOurs } from "./assert-ours.ts";
import { credentialsOf } from "./bearer.ts";
import { notPermitted } from "./challenge.ts";
import { Facts } from "./facts.ts";
import type { OwnToken, OwnVerifier } from "./local-verifier.ts";

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
