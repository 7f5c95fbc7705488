interface CommonSubject {
  /** The stable identifier, unique within the issuer. */
  readonly id: string;
  /** The client that the token was issued to. */
  readonly client: string;
  /** Every permission that the token carries, of this API or not. */
  readonly permissions: readonly string[];
}

/** An account, as a token tells of it. What the issuer does not say is `null`, empty, or the weakest. */
export interface AccountSubject extends CommonSubject {
  readonly kind: "account";
  readonly session: string | null;
  readonly org: string | null;
  /** When the person last proved who they are, in seconds since the epoch. */
  readonly authTime: number | null;
  /** How they proved it (RFC 8176). */
  readonly amr: readonly string[];
  readonly acr: "1fa" | "2fa";
  /** Claims beyond those above, not yet believed to have any shape. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A program that acts for itself. */
export interface ServiceSubject extends CommonSubject {
  readonly kind: "service";
}

/** Who a token speaks for, and what it permits, in words that no issuer owns. */
export type Subject = AccountSubject | ServiceSubject;

/** What a verifier says of a genuine token: who, what, and until when. */
export interface VerifiedToken {
  readonly issuer: string;
  /** The audience that the token was verified for. */
  readonly audience: string;
  /** When it ends, in seconds since the epoch. */
  readonly exp: number;
  /** The thumbprint of the key that the token is bound to (RFC 9449 §6.1), `null` for a bearer token. */
  readonly jkt: string | null;
  readonly subject: Subject;
}

/**
 * The guard's seam to an issuer: a remote one by URL, one in the same process, one of somebody else's. Two questions,
 * because the first is dear and its answer is kept, and the second is cheap and asked on every call.
 */
export interface Verifier {
  /** The issuer's identifier, an https URL. */
  readonly issuer: string;
  /** The one audience that it verifies tokens for; left out, it verifies for any that it is asked about. */
  readonly audience?: string | undefined;
  /**
   * Whether the token is one of this issuer's for this audience: shape, signature, claims. The guard keeps the answer
   * under the whole token until it expires, and never keeps a refusal. Asked when `ready` has settled, each time.
   *
   * @throws {Refusal}
   */
  verify(token: string, audience: string): Promise<VerifiedToken>;
  /**
   * Whether a token that this verifier verified still holds at this moment: its times, its key, revocation. A promise
   * only where something has to be asked; what is known at once costs a call nothing.
   *
   * @throws {Refusal}
   */
  judge(token: VerifiedToken): void | Promise<void>;
  /** The present by the issuer's clock, in milliseconds since the epoch; left out, it is this machine's. */
  now?(): number;
  /** Starts what runs beside the calls, and settles when calls can be judged: rejects with what they get until then. */
  ready?(): Promise<void>;
  /** Ends what runs beside the calls. */
  close?(): void;
  /** Tells of every change after which a token may hold no longer, until the function that it answers is called. */
  watch?(changed: () => void): () => void;
}
