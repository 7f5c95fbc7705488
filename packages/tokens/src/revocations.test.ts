import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Claims, isAccountClaims, MAX_TOKEN_LIFE_S } from "./claims.ts";
import { EVERYTHING, FACT_LIFE_MS, type RevocationFact, RevocationSet } from "./revocations.ts";
import { accountClaims, NOW, serviceClaims } from "./testing/forge.ts";

const after = (...facts: RevocationFact[]) => {
  const set = new RevocationSet();
  for (const fact of facts) set.add(fact, NOW);
  return set;
};
/** sub ann, sid session-1, av 3, sv 2. */
const ann = accountClaims();
/** sub billing, av 1. */
const billing = serviceClaims();

describe("a token is judged by its versions", () => {
  test.each<[string, RevocationFact, string | undefined]>([
    ["its session ended", { kind: "session", id: "session-1", least: EVERYTHING }, "session_ended"],
    ["its session was raised above it", { kind: "session", id: "session-1", least: 3 }, "token_stale"],
    ["its session was raised to it", { kind: "session", id: "session-1", least: 2 }, undefined],
    ["another session ended", { kind: "session", id: "session-2", least: EVERYTHING }, undefined],
    ["its account was raised above it", { kind: "account", id: "ann", least: 4 }, "token_stale"],
    ["its account was raised to it", { kind: "account", id: "ann", least: 3 }, undefined],
    ["another account was raised", { kind: "account", id: "bob", least: 99 }, undefined],
    ["a service of its account's name was revoked", { kind: "service", id: "ann", least: 99 }, undefined],
    ["a session of its account's name ended", { kind: "session", id: "ann", least: EVERYTHING }, undefined],
    ["its key was revoked", { kind: "key", id: "k1" }, "token_stale"],
    ["another key was revoked", { kind: "key", id: "k2" }, undefined],
    ["its client's credential was revoked", { kind: "service", id: "console", least: 99 }, undefined],
    ["its audience was raised above none", { kind: "audience", id: ann.aud, least: 1 }, "token_stale"],
    ["another audience was raised", { kind: "audience", id: "https://other.example", least: 99 }, undefined],
    ["an account of its audience's name was raised", { kind: "account", id: ann.aud, least: 99 }, undefined],
  ])("an account's: %s", (_what, fact, verdict) => {
    expect(after().judge("k1", ann)).toBeUndefined();
    expect(after(fact).judge("k1", ann)).toBe(verdict);
  });

  test.each<[string, RevocationFact, string | undefined]>([
    ["its credential was revoked", { kind: "service", id: "billing", least: 2 }, "token_stale"],
    ["its credential was raised to it", { kind: "service", id: "billing", least: 1 }, undefined],
    ["an account of its name was raised", { kind: "account", id: "billing", least: 99 }, undefined],
    ["its key was revoked", { kind: "key", id: "k1" }, "token_stale"],
    ["its audience was raised above none", { kind: "audience", id: billing.aud, least: 1 }, "token_stale"],
  ])("a service's: %s", (_what, fact, verdict) => {
    expect(after(fact).judge("k1", billing)).toBe(verdict);
  });

  test("an ended session outranks everything else that is known of it", () => {
    const set = after(
      { kind: "account", id: "ann", least: 9 },
      { kind: "session", id: "session-1", least: EVERYTHING },
    );
    expect(set.judge("k1", ann)).toBe("session_ended");
  });

  test.each([ann, billing])(
    "its audience's version is compared with its own, which is 0 unless it says so",
    (claims) => {
      const set = after({ kind: "audience", id: claims.aud, least: 2 });
      expect(set.judge("k1", { ...claims, dv: 0 })).toBe("token_stale");
      expect(set.judge("k1", { ...claims, dv: 1 })).toBe("token_stale");
      expect(set.judge("k1", { ...claims, dv: 2 })).toBeUndefined();
    },
  );

  test("names from outside never meet a built-in one", () => {
    const set = after();
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(set.judge(name, accountClaims({ sub: name, sid: name }))).toBeUndefined();
    }
  });
});

describe("facts", () => {
  const id = fc.constantFrom("a", "b");
  const least = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(EVERYTHING));
  const fact: fc.Arbitrary<RevocationFact> = fc.oneof(
    fc.record({ kind: fc.constantFrom("session", "account", "service", "audience"), id, least }),
    fc.record({ kind: fc.constant("key"), id }),
  );
  const everyToken: Claims[] = ["a", "b"].flatMap((name) =>
    [0, 1, 2, 3, 4, 5].flatMap((version) => [
      accountClaims({ sub: name, sid: name, av: version, sv: version }),
      accountClaims({ sub: name, sid: name, av: version, sv: 5 }),
      serviceClaims({ sub: name, client_id: name, av: version }),
      serviceClaims({ aud: name, av: 5, dv: version }),
    ]),
  );
  const verdicts = (set: RevocationSet) =>
    ["a", "b", "c"].flatMap((kid) => everyToken.map((claims) => set.judge(kid, claims)));

  test("say the same in any order and any number of times", () => {
    const shuffled = fc
      .array(fact, { maxLength: 12 })
      .chain((facts) =>
        fc.tuple(fc.constant(facts), fc.shuffledSubarray([...facts, ...facts], { minLength: facts.length * 2 })),
      );
    fc.assert(
      fc.property(shuffled, ([facts, again]) => {
        expect(verdicts(after(...again))).toEqual(verdicts(after(...facts)));
      }),
    );
  });

  test("never make a token live again", () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 12 }), fact, (facts, one) => {
        const before = verdicts(after(...facts));
        const then = verdicts(after(...facts, one));
        expect(before.every((verdict, at) => verdict === undefined || then[at] !== undefined)).toBe(true);
      }),
    );
  });

  test("kill exactly the tokens that one of them names", () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 8 }), (facts) => {
        const set = after(...facts);
        for (const claims of everyToken) {
          const dead = facts.some((one) => {
            if (one.kind === "key") return one.id === "a";
            if (one.kind === "audience") return claims.aud === one.id && (claims.dv ?? 0) < one.least;
            if (one.kind === "service") {
              return !isAccountClaims(claims) && claims.sub === one.id && claims.av < one.least;
            }
            if (!isAccountClaims(claims)) return false;
            return one.kind === "session"
              ? claims.sid === one.id && claims.sv < one.least
              : claims.sub === one.id && claims.av < one.least;
          });
          expect(set.judge("a", claims) !== undefined).toBe(dead);
        }
      }),
    );
  });
});

describe("memory is bounded by time", () => {
  const ended = (id: string): RevocationFact => ({ kind: "session", id, least: EVERYTHING });

  test("a fact outlives the longest token and the leeway on both sides", () => {
    expect(FACT_LIFE_MS).toBe(17 * 60 * 1000);
    expect(FACT_LIFE_MS).toBeGreaterThan((MAX_TOKEN_LIFE_S + 60) * 1000);
    const set = after(ended("session-1"));
    set.prune(NOW + FACT_LIFE_MS - 1);
    expect(set.judge("k1", ann)).toBe("session_ended");
    set.prune(NOW + FACT_LIFE_MS);
    expect(set.size).toBe(0);
  });

  test("a revoked key is not forgotten: who stole it can make new tokens", () => {
    const set = after({ kind: "key", id: "k1" });
    set.prune(NOW + 100 * FACT_LIFE_MS);
    expect(set.judge("k1", ann)).toBe("token_stale");
  });

  test("at a steady rate, only as many are kept as come in 17 minutes", () => {
    const set = new RevocationSet();
    for (let second = 0; second < 10_000; second++) set.add(ended(`s${second}`), NOW + second * 1000);
    expect(set.size).toBe(FACT_LIFE_MS / 1000);
  });

  test("the same fact again takes no more room, and is kept from its last receipt", () => {
    const set = new RevocationSet();
    for (let second = 0; second < 2000; second++) set.add(ended("session-1"), NOW + second * 1000);
    expect(set.size).toBe(1);
    set.prune(NOW + FACT_LIFE_MS + 1_000_000);
    expect(set.judge("k1", ann)).toBe("session_ended");
  });

  test("a renewed fact does not keep older ones", () => {
    const set = new RevocationSet();
    set.add(ended("a"), NOW);
    set.add(ended("b"), NOW + 1000);
    set.add(ended("a"), NOW + 2000);
    set.prune(NOW + FACT_LIFE_MS + 1000);
    expect(set.size).toBe(1);
    expect(set.judge("k1", accountClaims({ sid: "a" }))).toBe("session_ended");
  });

  test("a clock that was set back does not shorten what is known", () => {
    const set = new RevocationSet();
    set.add(ended("session-1"), NOW);
    set.add(ended("session-1"), NOW - 600_000);
    set.prune(NOW + FACT_LIFE_MS - 1);
    expect(set.judge("k1", ann)).toBe("session_ended");
  });
});
