import { Refusal } from "@countersign/tokens";
import type { Queries, Store } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { AuditEvent } from "../audit/audit-events.ts";
import type { Caller } from "../caller.ts";
import { addressGroup } from "./address-group.ts";

/** So many attempts in a window of so many milliseconds. */
export interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

const QUARTER_HOUR_MS = 15 * 60 * 1000;

/** How long an address is known from which somebody signed in. */
const KNOWN_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * How often credentials may be tried. An address reaches its own limit long before it could use up an account's, so one
 * attacker cannot keep the owner out from elsewhere (ASVS 6.1.1). Many who try together can use it up, for as long as they
 * go on: it does not hold where the owner signed in within the last 90 days.
 */
const defaultLimits = {
  /** By one address (an IPv6 /64), whatever it tries. */
  address: { most: 100, windowMs: QUARTER_HOUR_MS },
  /** At one account from one address. A success clears it. */
  accountFromAddress: { most: 10, windowMs: QUARTER_HOUR_MS },
  /** At one account from everywhere, but for addresses from which it signed in. */
  account: { most: 100, windowMs: QUARTER_HOUR_MS },
  /** Of services that fail to prove themselves, by one address, and as one service from there. */
  serviceAddress: { most: 100, windowMs: QUARTER_HOUR_MS },
  serviceFromAddress: { most: 30, windowMs: QUARTER_HOUR_MS },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof defaultLimits;

/** What is written down where a limit is met. */
const events: Readonly<Record<LimitName, AuditEvent>> = {
  address: "sign_in.limited",
  accountFromAddress: "sign_in.limited",
  account: "sign_in.limited",
  serviceAddress: "service.token_limited",
  serviceFromAddress: "service.token_limited",
};

/** An attempt that has been counted. */
export interface Attempt {
  /** After its success: forgets the attempts at this account from this address, and knows the address from now on. */
  forgive(queries: Queries): Promise<void>;
}

/**
 * Counts attempts in the database, before anything dear is done for them; parallel ones count one by one. At an account
 * they are those of one sign-in method, at whom it calls `subject`, in one spelling; that it is nobody makes no difference.
 */
export interface Limits {
  /** @throws {Refusal} `rate_limited` */
  address(caller: Caller): Promise<void>;
  /** By somebody who has signed in. @throws {Refusal} `rate_limited` */
  account(method: string, subject: string, caller: Caller): Promise<Attempt>;
  /** At an account, or at none that is known. @throws {Refusal} `rate_limited` */
  signIn(method: string, subject: string | undefined, caller: Caller): Promise<Attempt>;
  /**
   * Of a service that failed to prove itself. Only failures count: nobody guesses 256 bits, so this is for whoever asks
   * again and again with a dead secret, and must not keep out those who hold a good one.
   *
   * @throws {Refusal} `rate_limited`
   */
  service(id: string, caller: Caller): Promise<void>;
}

/** Characters of a subject that are told apart. It is anybody's text, and stands in an index, which has no room for all. */
const SUBJECT_LENGTH = 320;

export interface LimitsDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly limits?: Partial<Record<LimitName, Limit>> | undefined;
}

/** @throws {TypeError} for a limit that is none */
export function checkLimits(given: Partial<Record<LimitName, Limit>> = {}): Record<LimitName, Limit> {
  const rules: Record<LimitName, Limit> = { ...defaultLimits, ...given };
  for (const [name, { most, windowMs }] of Object.entries(rules)) {
    if (!Object.hasOwn(defaultLimits, name)) throw new TypeError(`limits.${name}: not a limit`);
    if (!(most >= 1 && windowMs >= 1000)) {
      throw new TypeError(`limits.${name}: at least 1 attempt in at least 1000 ms`);
    }
  }
  return rules;
}

/** @throws {TypeError} for a limit that is none */
export function createLimits({ store, audit, limits }: LimitsDeps): Limits {
  const rules = checkLimits(limits);

  /** Counts one attempt at each, and nothing after a limit that is met. */
  const count = async (all: readonly Tried[], caller: Caller): Promise<Attempt> => {
    const now = await store.now();
    const own = all.find(({ limit }) => limit === "accountFromAddress");
    const known = own && `known ${own.key}`;
    const isKnown = known !== undefined && (await store.attempts.remembers(known, now));
    const tried = isKnown ? all.filter(({ limit }) => limit !== "account") : all;
    const counters = tried.map(({ limit, key }) => ({ ...rules[limit], key }));
    const counts = await store.attempts.count(counters, now);
    const over = tried.find(({ limit }, index) => (counts[index] ?? 0) > rules[limit].most);
    if (over) throw await refuse(over.limit, counts.at(-1) ?? 0, caller, now);
    return {
      forgive: async (queries) => {
        if (!own || known === undefined) return;
        await queries.attempts.clear(own.key);
        await queries.attempts.remember(known, now + KNOWN_MS);
      },
    };
  };

  const refuse = async (limit: LimitName, attempts: number, caller: Caller, now: number): Promise<Refusal> => {
    const { most, windowMs } = rules[limit];
    // One record when the limit is met, not one per attempt: a flood must not fill the database.
    if (attempts === most + 1) {
      await audit.write(store, { event: events[limit], at: now, by: caller, detail: { limit } });
    }
    return new Refusal("rate_limited", { retryAfter: Math.ceil((windowMs - (now % windowMs)) / 1000) });
  };

  return {
    address: async (caller) => void (await count([byAddress(caller)], caller)),
    account: (method, subject, caller) => count(atAccount(method, subject, caller), caller),
    signIn: (method, subject, caller) =>
      count([byAddress(caller), ...(subject === undefined ? [] : atAccount(method, subject, caller))], caller),
    service: async (id, caller) => void (await count(asService(id, caller), caller)),
  };
}

interface Tried {
  readonly limit: LimitName;
  readonly key: string;
}

function byAddress({ address }: Caller): Tried {
  return { limit: "address", key: `sign-in ${addressGroup(address)}` };
}

function asService(id: string, { address }: Caller): readonly Tried[] {
  const from = `service ${addressGroup(address)}`;
  return [
    { limit: "serviceAddress", key: from },
    { limit: "serviceFromAddress", key: `${from} ${id}` },
  ];
}

/** In this order, so that an address which has used up its own attempts does not use up those of everybody. */
function atAccount(method: string, subject: string, { address }: Caller): readonly Tried[] {
  const account = `${method} ${subject.slice(0, SUBJECT_LENGTH)}`;
  return [
    { limit: "accountFromAddress", key: `sign-in ${addressGroup(address)} ${account}` },
    { limit: "account", key: `sign-in * ${account}` },
  ];
}
