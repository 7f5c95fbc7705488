/** Who asks, as far as the connection shows it: for limits and the audit. */
export interface Caller {
  /** The address of the peer, or what a trusted proxy says it is; null where there is none. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** Who asks where nobody does: the program itself. */
export const NOBODY: Caller = Object.freeze({ address: null, userAgent: null });

/** Who acts in a call that carried a token. */
export interface Actor extends Caller {
  /** Id of the account or service. */
  readonly id: string;
  /** The session of the token; null for a service. */
  readonly session: string | null;
}

/** The account or service that acts; null where it is nobody that we know. */
export function actorIdOf(by: Caller | Actor): string | null {
  return "id" in by ? by.id : null;
}
