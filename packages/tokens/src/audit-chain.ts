import { base64url } from "jose";

/** What one record of an audit says. */
export interface AuditFields {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: string;
  readonly outcome: "success" | "refused";
  readonly actor: string | null;
  readonly subject: string | null;
  readonly session: string | null;
  readonly address: string | null;
  /** Flat. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

/** A place in the chain: the number of an entry, counted from 1, and the hash over it and everything before it. */
export interface AuditLink {
  readonly seq: number;
  /** SHA-256 in base64url. */
  readonly hash: string;
}

/** An entry in its place. */
export interface ChainedEntry extends AuditFields, AuditLink {}

/** Where every chain begins: the link before the first entry. */
export const AUDIT_BEGINNING: AuditLink = { seq: 0, hash: base64url.encode(new Uint8Array(32)) };

/** Puts entries behind a link, in this order. */
export async function chainEntries(after: AuditLink, entries: readonly AuditFields[]): Promise<ChainedEntry[]> {
  const chained: ChainedEntry[] = [];
  let last = after;
  for (const entry of entries) {
    const link = { seq: last.seq + 1, hash: await hashAfter(last, entry) };
    chained.push({ ...entry, ...link });
    last = link;
  }
  return chained;
}

/**
 * The hash of an entry that stands right after a link: SHA-256, in base64url, over the canonical JSON (RFC 8785) of its
 * fields, its number as `seq` and the hash before it as `previous`.
 */
export async function hashAfter(previous: AuditLink, fields: AuditFields): Promise<string> {
  const { id, at, event, outcome, actor, subject, session, address, detail } = fields;
  const said = { id, at, event, outcome, actor, subject, session, address, detail };
  const text = canonicalJson({ ...said, seq: previous.seq + 1, previous: previous.hash });
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

/** RFC 8785 for what JSON.parse may give, but for arrays: no field holds one. */
function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  // Sorted by UTF-16 code units, as §3.2.3 asks and `sort` does.
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`;
}
