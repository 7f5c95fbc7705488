import type { AuditEntry } from "../store/records.ts";
import type { Page } from "../store/store.ts";

export interface Audit {
  /** Newest first. */
  list(page: Page & { readonly event?: string | undefined }): Promise<readonly AuditEntry[]>;
}
