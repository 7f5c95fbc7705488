import { createProofNonces, createProofVerifier, Refusal, type ReplayStore } from "@countersign/tokens";
import type { Clock } from "../clock.ts";
import type { RefreshSecrets } from "./refresh-secrets.ts";

/** Proofs of possession at the session routes (RFC 9449 §5). */
export interface Proofs {
  /**
   * The thumbprint of the key that a request was proved with, `null` where no proof came. The proof counts as used.
   *
   * @throws {Refusal} `proof_invalid`, `use_dpop_nonce`, `unavailable`, `busy`
   */
  keyOf(proof: string | undefined, route: "start" | "refresh" | "end"): Promise<string | null>;
  /** A nonce that the next proof may hold. */
  nonce(): Promise<string>;
}

export interface ProofsDeps {
  readonly issuer: string;
  readonly clock: Clock;
  readonly secrets: RefreshSecrets;
  readonly replays: ReplayStore;
}

/** Nonces come of the newest refresh secret, which all instances share. */
export async function openProofs({ issuer, clock, secrets, replays }: ProofsDeps): Promise<Proofs> {
  const now = () => clock.now();
  const nonces = createProofNonces(await secrets.derive("dpop-nonces"));
  const verify = createProofVerifier({ nonces, nonceRequired: false, now });
  return {
    keyOf: async (proof, route) => {
      if (proof === undefined) return null;
      const expected = { method: "POST", url: `${issuer}/session/${route}`, ath: null, jkt: null };
      const { jkt, replayKey, until } = await verify(proof, expected);
      if (!(await replays.add(replayKey, until))) throw new Refusal("proof_invalid", { detail: "proof: used before" });
      return jkt;
    },
    nonce: () => nonces.current(now()),
  };
}
