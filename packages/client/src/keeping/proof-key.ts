/** An ES256 key: the private half for signing, the public one to show. */
export interface ProofKeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** A key that signs and is given to nobody, not even to this page. */
export async function createProofKey(): Promise<ProofKeyPair> {
  return (await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"])) as ProofKeyPair;
}
