import { Refusal } from "@countersign/tokens";
import type { VerifiedToken, Verifier } from "./verifier.ts";

/**
 * What the verifier has checked already, and must have: this is the last place that can tell.
 *
 * @throws {Refusal} `token_invalid`, `key_mismatch`
 */
export function assertOurs(
  token: VerifiedToken,
  { verifier, audience }: { readonly verifier: Pick<Verifier, "issuer">; readonly audience: string },
): void {
  if (token.issuer !== verifier.issuer || token.audience !== audience) {
    throw new Refusal("token_invalid", { detail: "the verifier let a token pass that is for somebody else" });
  }
  // RFC 9449 §7.2: a token bound to a key is worth nothing without a proof, and proofs are not read yet.
  if (token.jkt !== null) throw new Refusal("key_mismatch", { detail: "a bound token without a proof" });
}
