import { type Claims, isAccountClaims, LEEWAY_S, MAX_TOKEN_LIFE_S } from "./claims.ts";
import type { Reason } from "./errors.ts";

/** The least version of a session of which nothing is left. */
export const EVERYTHING = Number.MAX_SAFE_INTEGER;

type VersionedKind = "session" | "account" | "service" | "audience";

/** What makes tokens die: those whose claim is smaller than the least version, or that this key signed. */
export type RevocationFact =
  | { readonly kind: VersionedKind; readonly id: string; readonly least: number }
  | { readonly kind: "key"; readonly id: string };

/** How long a fact matters, in milliseconds: the longest token life, the leeway twice, and a minute for the way. */
export const FACT_LIFE_MS = (MAX_TOKEN_LIFE_S + 2 * LEEWAY_S + 60) * 1000;

interface Known {
  least: number;
  /** When it may be forgotten, in milliseconds since the epoch. */
  until: number;
}

/**
 * Which tokens are dead. Compares versions, never times; forgets a fact when no token that it kills can be alive. One of a
 * key is not forgotten: whoever stole the key makes new tokens with it, for as long as somebody keeps an old key set.
 */
export class RevocationSet {
  readonly #keys = new Set<string>();
  /** By kind and then by id, so that judging a call builds no text. */
  readonly #facts: Readonly<Record<VersionedKind, Map<string, Known>>> = {
    session: new Map(),
    account: new Map(),
    service: new Map(),
    audience: new Map(),
  };

  /**
   * Takes a fact in, in any order and any number of times.
   *
   * @param now the moment of receipt, in milliseconds
   * @param present the moment by which others are forgotten, for who keeps two clocks
   */
  add(fact: RevocationFact, now: number, present = now): void {
    if (fact.kind === "key") {
      this.#keys.add(fact.id);
      return;
    }
    const facts = this.#facts[fact.kind];
    const known = facts.get(fact.id);
    // Insertion order is order of expiry, so that `prune` stops at the first living entry. Where the clock was set back,
    // it only stops too early.
    facts.delete(fact.id);
    facts.set(fact.id, {
      least: Math.max(fact.least, known?.least ?? 0),
      until: Math.max(now + FACT_LIFE_MS, known?.until ?? 0),
    });
    this.prune(present);
  }

  /** Why a verified token is dead, or `undefined` while it lives. Does not check its times. */
  judge(kid: string, claims: Claims): Extract<Reason, "session_ended" | "token_stale"> | undefined {
    if (this.#keys.has(kid)) return "token_stale";
    if (isAccountClaims(claims)) {
      const session = this.#least("session", claims.sid);
      if (session === EVERYTHING) return "session_ended";
      if (claims.sv < session) return "token_stale";
    }
    const subject = isAccountClaims(claims) ? "account" : "service";
    const stale =
      claims.av < this.#least(subject, claims.sub) || (claims.dv ?? 0) < this.#least("audience", claims.aud);
    return stale ? "token_stale" : undefined;
  }

  /** Forgets what no longer matters. */
  prune(now: number): void {
    for (const facts of Object.values(this.#facts)) pruneOfOneKind(facts, now);
  }

  /** How many facts are remembered, beside those of keys. */
  get size(): number {
    return Object.values(this.#facts).reduce((sum, { size }) => sum + size, 0);
  }

  #least(kind: VersionedKind, id: string): number {
    return this.#facts[kind].get(id)?.least ?? 0;
  }
}

function pruneOfOneKind(facts: Map<string, Known>, now: number): void {
  for (const [id, known] of facts) {
    if (known.until > now) return;
    facts.delete(id);
  }
}
