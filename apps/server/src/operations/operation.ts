import type { World } from "@countersign/tokens";
import type { MasterKeys } from "../master-keys.ts";
import type { AuditWriter } from "../services/audit/audit.ts";
import { ABSENT_MS, presentInstances } from "../services/upkeep/presence.ts";
import { StartError } from "../start-error.ts";
import type { Installation } from "../store/records.ts";
import type { Transaction } from "../store/store.ts";

/** What an operation works with, besides its transaction. */
export interface OperationDeps {
  readonly issuer: string;
  readonly world: World;
  readonly audit: AuditWriter;
  readonly masterKeys: MasterKeys;
}

/**
 * What an operator does to a database, at the machine that has its master key. All of it is one transaction, so whoever is
 * killed in the middle has done nothing. Answers what was done, in sentences.
 *
 * @throws {StartError} with a sentence, where it would do harm
 */
export type Operation = (tx: Transaction, installation: Installation, deps: OperationDeps) => Promise<string>;

/** Whether the database was encrypted with a master key that is here. */
export function hasMasterKey({ masterKeyId }: Installation, masterKeys: MasterKeys): boolean {
  return masterKeys.some((key) => key.id === masterKeyId);
}

/** @throws {StartError} while an instance runs, or was killed a moment ago */
export async function assertNobodyRuns(tx: Transaction): Promise<void> {
  const present = await presentInstances(tx);
  if (present.length === 0) return;
  const silentAt = Math.max(...present.map(({ seenAt }) => seenAt)) + ABSENT_MS;
  const seconds = Math.max(1, Math.ceil((silentAt - (await tx.now())) / 1000));
  throw new StartError(
    "An instance runs on this database: stop it, and all others, and run this again. " +
      `Where one was killed instead of stopped, that shows in ${seconds} s.`,
  );
}
