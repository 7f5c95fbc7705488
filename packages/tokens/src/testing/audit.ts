import { AUDIT_BEGINNING, type AuditFields, type AuditLink, type ChainedEntry, chainEntries } from "../audit-chain.ts";
import type { AuditLine } from "../audit-line.ts";
import { sealAudit } from "../audit-seal.ts";
import { ISSUER, NOW, type Pair } from "./forge.ts";

/** An export of entries in chunks, each under a seal, and the tail that has none yet. */
export interface Exported {
  readonly lines: readonly AuditLine[];
  readonly entries: readonly ChainedEntry[];
}

export function anEntry(number: number, more: Partial<AuditFields> = {}): AuditFields {
  return {
    id: `entry-${number}`,
    at: NOW + number,
    event: "sign_in.refused",
    outcome: "refused",
    actor: null,
    subject: `account-${number}`,
    session: null,
    address: "192.0.2.1",
    detail: { count: number, limit: "address" },
    ...more,
  };
}

export async function sealOf({ seq, hash }: AuditLink, { signing }: Pair, issuer = ISSUER): Promise<AuditLine> {
  return { seal: await sealAudit({ issuer, seq, hash, at: NOW }, signing) };
}

/** As the server exports it. */
export async function exportOf(pair: Pair, count: number, chunk = 3, unsealed = 0): Promise<Exported> {
  const entries = await chainEntries(
    AUDIT_BEGINNING,
    Array.from({ length: count }, (_, at) => anEntry(at + 1)),
  );
  const lines: AuditLine[] = [{ issuer: ISSUER }, { key: pair.generated.publicJwk }];
  for (const entry of entries) {
    lines.push({ entry });
    if (entry.seq % chunk === 0 || entry.seq === count) lines.push(await sealOf(entry, pair));
  }
  for (let number = 1; number <= unsealed; number += 1) lines.push({ unsealed: anEntry(count + number) });
  return { lines: [...lines, { end: { seq: count } }], entries };
}
