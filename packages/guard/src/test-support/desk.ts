import type { GeneratedKey, World } from "@countersign/tokens";
import { AUDIENCE, ISSUER, makePair, NOW, type Pair } from "../../../tokens/src/testing/forge.ts";
import type { AccountCaller, ServiceCaller } from "../testing-entry/callers.ts";
import { type TestIssuer, type TestTokenOptions, testIssuer } from "../testing-entry/test-issuer.ts";

/** The testing entry's issuer with a clock that tests move, a key to forge with, and tokens of two old friends. */
export interface Desk extends Omit<TestIssuer, "token"> {
  /** The first key. */
  readonly pair: Pair;
  readonly world: World;
  /** How often a token was verified. */
  lookups(): number;
  account(changes?: Partial<AccountCaller> & TestTokenOptions): Promise<string>;
  service(changes?: Partial<ServiceCaller> & TestTokenOptions): Promise<string>;
  /** Lets the clock run, in seconds. */
  pass(seconds: number): void;
}

export async function createDesk(alg: GeneratedKey["alg"] = "EdDSA"): Promise<Desk> {
  const pair = await makePair(alg);
  let now = NOW;
  let count = 0;
  const world: World = { now: () => now, random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)) };
  const { token, verifier, ...issuer } = await testIssuer({ issuer: ISSUER, key: pair.generated, world });
  const signIn = { client: "console", session: "session-1", authTime: NOW / 1000 - 60 };
  return {
    ...issuer,
    pair,
    world,
    verifier: {
      ...verifier,
      verify(text, audience) {
        count += 1;
        return verifier.verify(text, audience);
      },
    },
    lookups: () => count,
    account: ({ expiresIn = 300, audience = AUDIENCE, jkt, ...changes } = {}) => {
      const ann = { account: "ann", permissions: ["notes:read", "notes:write"], ...signIn };
      return token({ ...ann, ...changes }, { expiresIn, audience, ...(jkt === undefined ? {} : { jkt }) });
    },
    service: ({ expiresIn = 300, audience = AUDIENCE, ...changes } = {}) =>
      token({ service: "billing", permissions: ["notes:read"], ...changes }, { expiresIn, audience }),
    pass: (seconds) => {
      now += seconds * 1000;
    },
  };
}
