import type { ChainedEntry, PublicJwk } from "@countersign/tokens";
import type { AuditEntry, AuditSeal } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import type { AuditKeys } from "./audit-keys.ts";

/** A part of the audit, as it is needed to verify it elsewhere. */
interface AuditPage {
  readonly issuer: string;
  /** In the order of their numbers. */
  readonly entries: readonly ChainedEntry[];
  /** The seals of these entries, and that of what comes before the first one. */
  readonly seals: readonly AuditSeal[];
  /** What is not sealed yet; only at the end. */
  readonly unsealed: readonly AuditEntry[];
}

export interface AuditExport {
  /** The keys that sign seals, newest first. */
  keys(): readonly PublicJwk[];
  /** Entries after a number. The last page has fewer than `limit`. */
  page(after: number, limit: number): Promise<AuditPage>;
}

export interface AuditExportDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly keys: AuditKeys;
}

/** Gives the audit away for safe keeping. Judging it is left to whoever has it: a server's word for itself is none. */
export function createAuditExport({ issuer, store, keys }: AuditExportDeps): AuditExport {
  return {
    keys: () => keys.published,
    async page(after, limit) {
      // In this order: what is sealed between the two queries is found by the second.
      const waiting = await store.auditChain.unsealed(limit);
      const entries = await store.auditChain.entries(after, limit);
      const before = entries[0] ? entries[0].seq - 1 : after;
      const seals = await store.auditChain.seals(before, entries.at(-1)?.seq ?? after);
      const sealed = new Set(entries.map(({ id }) => id));
      const unsealed = entries.length < limit ? waiting.filter(({ id }) => !sealed.has(id)) : [];
      return { issuer, entries, seals, unsealed };
    },
  };
}
