import type { PublicJwk, SigningKey, VerificationKey } from "@countersign/tokens";

/** The key ring of this installation. */
export interface Keys {
  /** The published key set, from memory (RFC 7517 §5). */
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** A published key by its exact id. An unknown one has the ring read again, at most once a cool-down. */
  find(kid: string): Promise<VerificationKey | undefined> | VerificationKey | undefined;
  /** Whether a key is published at this moment. */
  has(kid: string): boolean;
  /** The key that signs. */
  current(): SigningKey;
  /** Reads the ring again: what another instance did becomes known. */
  reload(): Promise<void>;
}
