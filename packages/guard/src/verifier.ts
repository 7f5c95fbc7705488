import type { AccessToken } from "@countersign/tokens";

/**
 * The guard's seam to an issuer: a remote one by URL, one in the same process, later any other. Two questions, because
 * the first is dear and its answer is kept, and the second is cheap and asked on every call.
 */
export interface Verifier {
  /** The issuer's identifier, an https URL. */
  readonly issuer: string;
  /**
   * Whether the token is one of this issuer's for this audience: shape, signature, claims. The guard keeps the answer
   * under the whole token until it expires, and never keeps a refusal.
   *
   * @throws {Refusal}
   */
  verify(token: string, audience: string): Promise<AccessToken>;
  /**
   * Whether a verified token still holds at this moment: its times, its key, revocation.
   *
   * @throws {Refusal}
   */
  judge(token: AccessToken): void;
}
