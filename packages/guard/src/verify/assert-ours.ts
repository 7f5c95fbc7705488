import { Refusal } from "@countersign/tokens";
import type { VerifiedToken, Verifier } from "./verifier.ts";

/**
 * What the verifier has checked already, and must have: this is the last place that can tell.
 *
 * @throws {Refusal} `token_invalid`
 */
export function assertOurs(
  token: VerifiedToken,
  { verifier, audience }: { readonly verifier: Pick<Verifier, "issuer">; readonly audience: string },
): void {
  if (token.issuer !== verifier.issuer || token.audience !== audience) {
    throw new Refusal("token_invalid", { detail: "the verifier let a token pass that is for somebody else" });
  }
}
