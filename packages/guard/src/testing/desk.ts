import {
  type AccountClaims,
  issueAccessToken,
  type Reason,
  type RevocationFact,
  RevocationSet,
  type ServiceClaims,
  type VerificationKey,
  type World,
} from "@countersign/tokens";
import { accountClaims, ISSUER, makePair, NOW, type Pair, serviceClaims } from "../../../tokens/src/testing/forge.ts";
import { createVerifier } from "../local-verifier.ts";
import type { Verifier } from "../verifier.ts";

/** An issuer as far as a guard sees one: real keys, real tokens, a clock that tests move. */
export interface Desk {
  readonly pair: Pair;
  readonly verifier: Verifier;
  readonly world: World;
  /** How often a key was looked up, so how often a signature could have been checked. */
  lookups(): number;
  account(changes?: Partial<AccountClaims>): Promise<string>;
  service(changes?: Partial<ServiceClaims>): Promise<string>;
  revoke(fact: RevocationFact): void;
  /** Takes a key out of the ring. */
  retire(kid: string): void;
  /** Lets the clock run, in seconds. */
  pass(seconds: number): void;
}

export async function createDesk(alg: "EdDSA" | "ES256" = "EdDSA"): Promise<Desk> {
  const pair = await makePair(alg);
  const ring = new Map<string, VerificationKey>([[pair.verification.kid, pair.verification]]);
  const revocations = new RevocationSet();
  let now = NOW;
  let count = 0;
  const verifier = createVerifier({
    issuer: ISSUER,
    keys: (kid) => {
      count += 1;
      return ring.get(kid);
    },
    hasKey: (kid) => ring.has(kid),
    revoked: ({ kid, claims }): Reason | undefined => revocations.judge(kid, claims),
    now: () => now,
  });
  return {
    pair,
    verifier,
    world: { now: () => now, random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)) },
    lookups: () => count,
    account: (changes) => issueAccessToken(accountClaims(changes), pair.signing),
    service: (changes) => issueAccessToken(serviceClaims(changes), pair.signing),
    revoke: (fact) => revocations.add(fact, now),
    retire: (kid) => ring.delete(kid),
    pass: (seconds) => {
      now += seconds * 1000;
    },
  };
}
