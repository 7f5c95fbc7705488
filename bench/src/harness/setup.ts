import type { PublicJwk } from "@countersign/tokens";

/** What every contestant is told: whose tokens it takes, and what it answers. */
export interface Setup {
  readonly issuer: string;
  readonly audience: string;
  /** The issuer's one key. */
  readonly jwk: PublicJwk;
  /** The account that calls. */
  readonly account: string;
  readonly notes: readonly Note[];
}

interface Note {
  readonly id: string;
  readonly text: string;
}

/** What the one procedure answers to an account. */
export function answerTo(account: string, { notes }: Setup) {
  return { account, notes };
}

/** The same as it goes over the wire, in the envelope that tRPC puts around it. */
export function envelope(account: string, setup: Setup) {
  return { result: { data: answerTo(account, setup) } };
}
