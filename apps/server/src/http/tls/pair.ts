/** A certificate with its chain, and its private key, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Where the server's certificate comes from. */
export interface CertificateSource {
  /** What to start with. */
  readonly pair: Pair;
  /** Tells of every later pair, until the answered function is called. */
  watch(onChange: (pair: Pair) => void): () => void;
}
