import { AUDIT_BEGINNING, type AuditLink, type ChainedEntry, hashAfter } from "./audit-chain.ts";
import type { AuditLine } from "./audit-line.ts";
import { type AuditHead, importAuditKey, keyOfSeal, openAuditSeal } from "./audit-seal.ts";
import type { PublicJwk, VerificationKey } from "./keys.ts";

/** Why an audit is not what was sealed. */
export type AuditProblem =
  /** A line that no export holds, or one in the wrong place. */
  | "malformed"
  /** The first entry is not the first of the chain, and no trusted seal says what came before. */
  | "no_beginning"
  /** Entries are not there. */
  | "missing"
  /** An entry that stands there already, or behind a later one. */
  | "out_of_order"
  /** An entry, or its place, is not what its hash or a seal says. */
  | "changed"
  /** A seal that bears the id of a trusted key and is not signed by it. */
  | "forged"
  /** Entries that no trusted seal covers. */
  | "unsigned"
  /** What was known before of this audit is not in it. */
  | "head_missing"
  /** The end of the export is not there. */
  | "cut_off";

/** An audit that is what was sealed. */
export interface WholeAudit {
  readonly whole: true;
  readonly issuer: string;
  /** Number of the first entry that is here; null where there is none. */
  readonly first: number | null;
  /** The newest seal and the key that made it; null where nothing is sealed. */
  readonly head: (AuditHead & { readonly kid: string }) | null;
  readonly entries: number;
  /** How many are not sealed yet, and the time of the oldest. Nothing is proved of these. */
  readonly unsealed: { readonly entries: number; readonly oldest: number | null };
  /** Seals by keys that are not trusted. They prove nothing, and what they cover a later seal covers as well. */
  readonly foreignSeals: number;
}

export type AuditVerdict =
  | WholeAudit
  | {
      readonly whole: false;
      readonly problem: AuditProblem;
      /** The entry at which it shows. */
      readonly seq: number;
    };

export interface AuditExpectations {
  /** Ids of the keys whose seals count. */
  readonly trusted: ReadonlySet<string>;
  /** A place of this chain that is known from before, and has to be in it still. */
  readonly head?: AuditLink | undefined;
}

/**
 * Verifies an exported audit: every hash, every number and every seal of a trusted key. Entries that were changed, left
 * out, added or moved since they were sealed are found, wherever they stand.
 *
 * Does not check: that the newest seal is the newest that was ever made (give `head` for that), that what was recorded is
 * true, entries that are not sealed yet. Whoever holds the key can seal what never happened.
 */
export async function verifyAudit(
  lines: AsyncIterable<AuditLine> | Iterable<AuditLine>,
  expected: AuditExpectations,
): Promise<AuditVerdict> {
  const chain = new Chain(expected);
  for await (const line of lines) {
    const problem = await chain.read(line);
    if (problem) return { whole: false, problem, seq: chain.at };
  }
  return chain.end();
}

class Chain {
  readonly #expected: AuditExpectations;
  readonly #keys = new Map<string, VerificationKey>();
  #issuer: string | undefined;
  #last: AuditLink = AUDIT_BEGINNING;
  #first: number | null = null;
  #sealed: (AuditHead & { kid: string }) | null = null;
  #entries = 0;
  #unsealed = 0;
  #oldest: number | null = null;
  #foreignSeals = 0;
  #headSeen = false;
  #ended = false;

  constructor(expected: AuditExpectations) {
    this.#expected = expected;
  }

  /** The entry that is looked at. */
  get at(): number {
    return this.#last.seq + 1;
  }

  async read(line: AuditLine): Promise<AuditProblem | undefined> {
    if (this.#ended) return "malformed";
    if ("issuer" in line) {
      if (this.#issuer !== undefined) return "malformed";
      this.#issuer = line.issuer;
      return undefined;
    }
    if (this.#issuer === undefined) return "malformed";
    if ("key" in line) return await this.#key(line.key);
    if ("entry" in line) return await this.#entry(line.entry);
    if ("seal" in line) return await this.#seal(line.seal, this.#issuer);
    if ("unsealed" in line) {
      this.#unsealed += 1;
      this.#oldest = Math.min(this.#oldest ?? line.unsealed.at, line.unsealed.at);
      return undefined;
    }
    this.#ended = true;
    return line.end.seq === this.#last.seq ? undefined : "missing";
  }

  end(): AuditVerdict {
    const problem = (problem: AuditProblem, seq: number) => ({ whole: false, problem, seq }) as const;
    if (this.#issuer === undefined) return problem("malformed", this.at);
    if (!this.#ended) return problem("cut_off", this.at);
    const covered = this.#sealed?.seq ?? 0;
    if (covered !== this.#last.seq) return problem("unsigned", covered + 1);
    if (this.#expected.head && !this.#headSeen) return problem("head_missing", this.#expected.head.seq);
    return {
      whole: true,
      issuer: this.#issuer,
      first: this.#first,
      head: this.#sealed,
      entries: this.#entries,
      unsealed: { entries: this.#unsealed, oldest: this.#oldest },
      foreignSeals: this.#foreignSeals,
    };
  }

  async #key(jwk: PublicJwk): Promise<AuditProblem | undefined> {
    try {
      this.#keys.set(jwk.kid, await importAuditKey(jwk));
      return undefined;
    } catch {
      return "malformed";
    }
  }

  async #entry(entry: ChainedEntry): Promise<AuditProblem | undefined> {
    if (this.#unsealed > 0) return "malformed";
    if (entry.seq > this.at) return this.#last === AUDIT_BEGINNING ? "no_beginning" : "missing";
    if (entry.seq < this.at) return "out_of_order";
    if (entry.hash !== (await hashAfter(this.#last, entry))) return "changed";
    this.#first ??= entry.seq;
    this.#entries += 1;
    return this.#reach(entry);
  }

  async #seal(seal: string, issuer: string): Promise<AuditProblem | undefined> {
    let head: AuditHead & { kid: string };
    try {
      const kid = keyOfSeal(seal);
      const key = this.#keys.get(kid);
      if (!key || !this.#expected.trusted.has(kid)) {
        this.#foreignSeals += 1;
        return undefined;
      }
      head = { ...(await openAuditSeal(seal, key)), kid };
    } catch {
      return "forged";
    }
    if (head.issuer !== issuer) return "forged";
    if (this.#last === AUDIT_BEGINNING) return this.#begin(head);
    if (head.seq > this.#last.seq) return "missing";
    if (head.seq !== this.#last.seq) return "out_of_order";
    if (head.hash !== this.#last.hash) return "changed";
    this.#sealed = head;
    return undefined;
  }

  /** What came before this seal is not here. */
  #begin(head: AuditHead & { kid: string }): AuditProblem | undefined {
    this.#sealed = head;
    return this.#reach(head);
  }

  #reach({ seq, hash }: AuditLink): AuditProblem | undefined {
    this.#last = { seq, hash };
    const { head } = this.#expected;
    if (head?.seq !== seq) return undefined;
    this.#headSeen = head.hash === hash;
    return this.#headSeen ? undefined : "head_missing";
  }
}
