import { createProofNonces, createProofVerifier, type Proof, Refusal } from "@countersign/tokens";
import type { Transaction } from "../../store/store.ts";
import type { Clock } from "../clock.ts";
import type { RefreshSecrets } from "./refresh-secrets.ts";

/** How long a request may take from its proof's verification to its commit. So much longer each proof is remembered. */
const WORK_MS = 60_000;

/** Proofs of possession at the session routes (RFC 9449 §5). */
export interface Proofs {
  /**
   * The proof that came with a request, `null` where none did. Does not check whether it was used before: that is `use`.
   *
   * @throws {Refusal} `proof_invalid`, `use_dpop_nonce`
   */
  verify(proof: string | undefined, route: "start" | "refresh" | "end"): Promise<Proof | null>;
  /**
   * Counts a proof as used, with the commit of what it was used for: only who holds something genuine has anything
   * remembered, and a refusal has nothing. The last thing in its transaction: others that use it wait for the commit, and
   * this waits for nothing then.
   *
   * @throws {Refusal} `proof_invalid` for one that was used before
   */
  use(tx: Pick<Transaction, "proofs">, proof: Proof | null): Promise<void>;
  /** A nonce that the next proof may hold. */
  nonce(): Promise<string>;
}

export interface ProofsDeps {
  readonly issuer: string;
  readonly clock: Clock;
  readonly secrets: RefreshSecrets;
}

/** Nonces come of the newest refresh secret, which all instances share. */
export async function openProofs({ issuer, clock, secrets }: ProofsDeps): Promise<Proofs> {
  const now = () => clock.now();
  const nonces = createProofNonces(await secrets.derive("dpop-nonces"));
  const verify = createProofVerifier({ nonces, nonceRequired: false, now });
  return {
    verify: async (proof, route) =>
      proof === undefined
        ? null
        : await verify(proof, { method: "POST", url: `${issuer}/session/${route}`, ath: null, jkt: null }),
    use: async (tx, proof) => {
      if (proof && !(await tx.proofs.use(proof.replayKey, proof.until + WORK_MS)))
        throw new Refusal("proof_invalid", { detail: "proof: used before" });
    },
    nonce: () => nonces.current(now()),
  };
}
