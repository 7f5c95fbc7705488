import { Refusal } from "@countersign/tokens";
import type { Store } from "../store/store.ts";
import { addressGroup } from "./address-group.ts";
import type { AuditWriter } from "./audit.ts";
import type { Caller } from "./caller.ts";

/** So many attempts in a window of so many milliseconds. */
export interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

const QUARTER_HOUR_MS = 15 * 60 * 1000;

/**
 * How often credentials may be tried. An address reaches its own limit long before it could use up an account's, so one
 * attacker cannot keep the owner out from elsewhere (ASVS 6.1.1).
 */
const defaultLimits = {
  /** By one address (an IPv6 /64), whatever it tries. */
  address: { most: 100, windowMs: QUARTER_HOUR_MS },
  /** At one account from one address. A success clears it. */
  accountFromAddress: { most: 10, windowMs: QUARTER_HOUR_MS },
  /** At one account from everywhere. */
  account: { most: 100, windowMs: QUARTER_HOUR_MS },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof defaultLimits;

/** Counts attempts in the database, before anything dear is done for them; parallel ones count one by one. */
export interface Limits {
  /** @throws {Refusal} `rate_limited` */
  address(caller: Caller): Promise<void>;
  /** `email` is normalised; that it belongs to nobody makes no difference. @throws {Refusal} `rate_limited` */
  account(email: string, caller: Caller): Promise<void>;
  /** After a success. */
  forgive(email: string, caller: Caller): Promise<void>;
}

export interface LimitsDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly limits?: Partial<Record<LimitName, Limit>> | undefined;
}

/** @throws {TypeError} for a limit that is none */
export function createLimits({ store, audit, limits }: LimitsDeps): Limits {
  const rules: Record<LimitName, Limit> = { ...defaultLimits, ...limits };
  for (const { most, windowMs } of Object.values(rules)) {
    if (!(most >= 1 && windowMs >= 1000)) throw new TypeError("a limit allows at least 1 attempt in at least 1000 ms");
  }

  const count = async (name: LimitName, key: string, caller: Caller) => {
    const { most, windowMs } = rules[name];
    const now = await store.now();
    const attempts = await store.attempts.count(key, windowMs, now);
    if (attempts <= most) return;
    // One record when the limit is met, not one per attempt: a flood must not fill the database.
    if (attempts === most + 1)
      await audit.write(store, { event: "sign_in.limited", at: now, by: caller, detail: { limit: name } });
    throw new Refusal("rate_limited", { retryAfter: Math.ceil((windowMs - (now % windowMs)) / 1000) });
  };
  const pair = (email: string, caller: Caller) => `sign-in ${addressGroup(caller.address)} ${email}`;

  return {
    address: (caller) => count("address", `sign-in ${addressGroup(caller.address)}`, caller),
    account: async (email, caller) => {
      await count("accountFromAddress", pair(email, caller), caller);
      await count("account", `sign-in * ${email}`, caller);
    },
    forgive: (email, caller) => store.attempts.clear(pair(email, caller)),
  };
}
