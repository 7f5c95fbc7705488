import type { Algorithm } from "../keys.ts";
import { type KeyLife, type KeyStatus, statusOf } from "../ring.ts";
import { heirOf, nextRingStep } from "../ring-step.ts";

/** A ring in memory that does what `nextRingStep` says. */
export interface TestRing {
  keys(): readonly KeyLife[];
  wanted(): Algorithm;
  want(algorithm: Algorithm): void;
  /** Takes step after step until nothing is left to do, as an instance does that looks at this moment. */
  settle(now: number): void;
  /** Has the heir sign, where there is one. */
  rotate(now: number): void;
  remove(kid: string): void;
  /** The one key that signs. @throws {Error} for none, or more than one */
  current(now: number): string;
  statuses(now: number): KeyStatus[];
  algorithms(now: number): { current: Algorithm | undefined; next: Algorithm[] };
  /** When keys began to sign. */
  activations(): number[];
}

/** Far more than any ring needs. */
const MOST_STEPS = 20;

export function createTestRing(algorithm: Algorithm = "EdDSA"): TestRing {
  let wanted = algorithm;
  let keys: KeyLife[] = [];
  let made = 0;
  const activations: number[] = [];

  const change = (kid: string, times: Partial<KeyLife>) => {
    keys = keys.map((key) => (key.kid === kid ? { ...key, ...times } : key));
  };
  const activate = (kid: string, retire: string | undefined, now: number) => {
    if (retire !== undefined) change(retire, { retiredAt: now });
    change(kid, { activatedAt: now });
    activations.push(now);
  };
  const having = (status: KeyStatus, now: number) => keys.filter((key) => statusOf(key, now) === status);
  const current = (now: number) => {
    const [one, ...more] = having("current", now);
    if (!one || more.length > 0) throw new Error(`${more.length + (one ? 1 : 0)} keys sign`);
    return one.kid;
  };

  return {
    keys: () => keys,
    wanted: () => wanted,
    want: (other) => {
      wanted = other;
    },
    settle(now) {
      for (let steps = 0; ; steps += 1) {
        if (steps > MOST_STEPS) throw new Error("no end of steps");
        const step = nextRingStep(keys, wanted, now);
        if (!step) return;
        if (step.act === "activate") activate(step.kid, step.retire, now);
        else if (step.act === "remove") keys = keys.filter(({ kid }) => kid !== step.kid);
        else {
          made += 1;
          const kid = `key ${String(made).padStart(4, "0")}`;
          keys = [...keys, { kid, alg: wanted, publishedAt: now, activatedAt: null, retiredAt: null }];
        }
      }
    },
    rotate(now) {
      const heir = heirOf(keys, wanted, now);
      if (heir) activate(heir.kid, current(now), now);
    },
    remove: (kid) => {
      keys = keys.filter((key) => key.kid !== kid);
    },
    current,
    statuses: (now) => keys.map((key) => statusOf(key, now)),
    algorithms: (now) => ({
      current: having("current", now)[0]?.alg,
      next: having("next", now).map(({ alg }) => alg),
    }),
    activations: () => activations,
  };
}
