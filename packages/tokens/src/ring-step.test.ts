import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Algorithm } from "./keys.ts";
import { PREVIOUS_MS, statusOf } from "./ring.ts";
import { heirOf, nextRingStep, PUBLISHED_MS, SIGNING_MS } from "./ring-step.ts";
import { createTestRing, type TestRing } from "./testing/test-ring.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Looks at the ring each minute, as an instance does, until this moment. */
function live(ring: TestRing, from: number, until: number): void {
  for (let now = from; now <= until; now += MINUTE_MS) ring.settle(now);
}

/** A ring that has been there for a day. */
function aRing(algorithm: Algorithm = "EdDSA"): TestRing {
  const ring = createTestRing(algorithm);
  ring.settle(0);
  ring.settle(DAY_MS);
  return ring;
}

describe("a ring", () => {
  test("begins with a key that signs at once, and two successors", () => {
    const ring = createTestRing();
    ring.settle(0);
    expect(ring.statuses(0)).toEqual(["current", "next", "next"]);
  });

  test("ASVS 13.3.4: has its oldest successor sign after 30 days, publishes another, and forgets the former after 20 minutes", () => {
    const ring = aRing();
    const [first, second] = ring.keys();
    ring.settle(SIGNING_MS - 1);
    expect(ring.current(SIGNING_MS - 1)).toBe(first?.kid);
    ring.settle(SIGNING_MS);
    expect(ring.current(SIGNING_MS)).toBe(second?.kid);
    expect(ring.statuses(SIGNING_MS)).toEqual(["previous", "current", "next", "next"]);
    ring.settle(SIGNING_MS + PREVIOUS_MS - 1);
    expect(ring.keys()).toHaveLength(4);
    ring.settle(SIGNING_MS + PREVIOUS_MS);
    expect(ring.keys().map(({ kid }) => kid)).not.toContain(first?.kid);
  });

  test("corpus 80: waits for a successor that has been published for an hour, however long the key has signed", () => {
    const ring = aRing();
    for (const key of ring.keys().filter((one) => statusOf(one, DAY_MS) === "next")) ring.remove(key.kid);
    ring.settle(SIGNING_MS);
    const before = ring.current(SIGNING_MS);
    ring.settle(SIGNING_MS + PUBLISHED_MS - 1);
    expect(ring.current(SIGNING_MS)).toBe(before);
    ring.settle(SIGNING_MS + PUBLISHED_MS);
    expect(ring.current(SIGNING_MS + PUBLISHED_MS)).not.toBe(before);
  });

  test("ASVS 11.2.2: changes its algorithm as soon as a successor of the other one is ready, and not before", () => {
    const ring = aRing();
    ring.want("ES256");
    ring.settle(DAY_MS);
    expect(ring.algorithms(DAY_MS)).toEqual({ current: "EdDSA", next: ["EdDSA", "EdDSA", "ES256", "ES256"] });
    ring.settle(DAY_MS + PUBLISHED_MS - 1);
    expect(ring.algorithms(DAY_MS + PUBLISHED_MS - 1).current).toBe("EdDSA");
    ring.settle(DAY_MS + PUBLISHED_MS);
    expect(ring.algorithms(DAY_MS + PUBLISHED_MS).current).toBe("ES256");
    ring.settle(DAY_MS + 2 * PUBLISHED_MS);
    expect(ring.algorithms(DAY_MS + 2 * PUBLISHED_MS)).toEqual({ current: "ES256", next: ["ES256", "ES256"] });
  });

  test("that is told to change back before anything happened keeps the keys it had", () => {
    const ring = aRing();
    const before = ring.keys().map(({ kid }) => kid);
    ring.want("ES256");
    ring.settle(DAY_MS);
    ring.want("EdDSA");
    ring.settle(DAY_MS + MINUTE_MS);
    expect(ring.keys().map(({ kid }) => kid)).toEqual(before);
  });

  test("that lost its signing key has a successor sign at once: one that is ready, else the oldest", () => {
    const ring = aRing();
    ring.want("ES256");
    ring.settle(DAY_MS);
    ring.remove(ring.current(DAY_MS));
    ring.settle(DAY_MS);
    expect(ring.algorithms(DAY_MS)).toEqual({ current: "EdDSA", next: ["EdDSA", "ES256", "ES256"] });
    for (const { kid, alg } of ring.keys()) if (alg === "EdDSA") ring.remove(kid);
    ring.settle(DAY_MS);
    expect(ring.algorithms(DAY_MS)).toEqual({ current: "ES256", next: ["ES256", "ES256"] });
  });
});

/** What happens to a ring: time passes, instances look, somebody rotates, revokes, changes the algorithm. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant("look" as const), after: fc.integer({ min: 0, max: DAY_MS }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("look" as const),
      after: fc.constantFrom(0, 1, PUBLISHED_MS - 1, PUBLISHED_MS, PREVIOUS_MS, SIGNING_MS),
    }),
  },
  fc.record({ what: fc.constant("rotate" as const), after: fc.integer({ min: 0, max: DAY_MS }) }),
  fc.record({
    what: fc.constant("want" as const),
    after: fc.integer({ min: 0, max: DAY_MS }),
    algorithm: fc.constantFrom<Algorithm>("EdDSA", "ES256"),
  }),
);

describe("corpus 80: whatever happens to a ring, and whenever its instances look", () => {
  test("one key signs, it had been published for an hour, and who stops signing verifies for 20 minutes", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (life) => {
        const ring = createTestRing();
        let now = 0;
        ring.settle(now);
        const first = ring.current(now);
        const signedUntil = new Map<string, number>();
        for (const one of life) {
          // Until somebody looks, the key that signs goes on.
          const before = ring.current(now);
          now += one.after;
          signedUntil.set(before, now);
          if (one.what === "want") ring.want(one.algorithm);
          if (one.what === "rotate") ring.rotate(now);
          ring.settle(now);
          const signing = ring.keys().filter((key) => statusOf(key, now) === "current");
          expect(signing).toHaveLength(1);
          for (const { kid, publishedAt, activatedAt } of signing) {
            if (kid !== first) expect((activatedAt ?? 0) - publishedAt).toBeGreaterThanOrEqual(PUBLISHED_MS);
          }
          const published = new Set(ring.keys().map(({ kid }) => kid));
          for (const [kid, until] of signedUntil) if (now < until + PREVIOUS_MS) expect(published).toContain(kid);
          expect(ring.keys().filter((key) => statusOf(key, now) === "next" && key.alg === ring.wanted()).length).toBe(
            2,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test("looked at each minute, a key signs for 30 days and not longer, and the ring stays small", () => {
    const ring = createTestRing();
    live(ring, 0, 100 * DAY_MS);
    expect(ring.activations()).toEqual([0, SIGNING_MS, 2 * SIGNING_MS, 3 * SIGNING_MS]);
    expect(ring.keys()).toHaveLength(3);
  });

  test("a change of algorithm is over after an hour, and its spares are gone", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (life) => {
        const ring = createTestRing();
        let now = 0;
        ring.settle(now);
        for (const one of life) {
          now += one.after;
          if (one.what === "want") ring.want(one.algorithm);
          ring.settle(now);
        }
        for (let hours = 0; hours < 3; hours += 1) {
          now += PUBLISHED_MS;
          ring.settle(now);
        }
        const wanted = ring.wanted();
        expect(ring.algorithms(now)).toEqual({ current: wanted, next: [wanted, wanted] });
      }),
      { numRuns: 300 },
    );
  });

  test("an instance that looks twice does nothing the second time", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (life) => {
        const ring = createTestRing();
        let now = 0;
        for (const one of life) {
          now += one.after;
          ring.settle(now);
        }
        ring.settle(now);
        expect(nextRingStep(ring.keys(), ring.wanted(), now)).toBeUndefined();
      }),
    );
  });
});

test("an heir is ready, and of the wanted algorithm where one of that is", () => {
  const ring = aRing();
  expect(heirOf(ring.keys(), "ES256", DAY_MS)?.alg).toBe("EdDSA");
  ring.want("ES256");
  ring.settle(DAY_MS);
  expect(heirOf(ring.keys(), "ES256", DAY_MS + PUBLISHED_MS - 1)?.alg).toBe("EdDSA");
  expect(heirOf(ring.keys(), "ES256", DAY_MS + PUBLISHED_MS)?.alg).toBe("ES256");
  expect(heirOf([], "ES256", 0)).toBeUndefined();
});
