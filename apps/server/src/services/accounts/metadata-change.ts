import type { Metadata } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import { type Actor, actorIdOf, type Caller } from "../caller.ts";
import { raiseAccount } from "../revocation/account-version.ts";

/** What is done to an account that is there and held. */
interface Replacement {
  readonly id: string;
  readonly parts: Partial<Metadata>;
  /** Whether the tokens that it has now say what no longer holds. */
  readonly narrowed: boolean | undefined;
  readonly by: Caller | Actor;
}

/** Puts checked metadata in the place of what was there. What it says is written down nowhere else. */
export async function replaceMetadata(
  tx: Transaction,
  audit: AuditWriter,
  { id, parts, narrowed = false, by }: Replacement,
): Promise<void> {
  const at = await tx.now();
  const named = (["public", "private"] as const).filter((part) => parts[part] !== undefined);
  await tx.metadata.put(id, parts);
  if (narrowed) await raiseAccount(tx, id);
  const detail = { parts: named.join(" "), narrowed };
  await audit.write(tx, { event: "account.metadata_changed", at, by, subject: id, detail });
  tx.emit({ type: "account.metadata_changed", at, account: id, parts: named, actor: actorIdOf(by) });
}
