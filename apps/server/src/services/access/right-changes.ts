import { Refusal } from "@countersign/tokens";
import type { AuditEntry } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Actor } from "../caller.ts";

/** What is written down of a change that its actor may not make. */
interface RefusalNote {
  readonly event: "role.refused" | "invitation.refused" | "account.refused" | "access.refused" | "service.refused";
  readonly subject?: string;
  readonly detail?: AuditEntry["detail"];
}

export type ChangeRights = <T>(actor: Actor, refused: RefusalNote, work: (tx: Transaction) => Promise<T>) => Promise<T>;

/**
 * Every change that asks who holds what takes its turn under one lock, so that what was asked still holds when it is
 * done, and a narrowed role finds all who hold it. `not_permitted` is audited, after the change has been rolled back.
 */
export function createRightChanges({ store, audit }: { store: Store; audit: AuditWriter }): ChangeRights {
  return async (actor, refused, work) => {
    try {
      return await store.transaction(async (tx) => {
        await tx.lock("administrators");
        return await work(tx);
      });
    } catch (cause) {
      if (cause instanceof Refusal && cause.reason === "not_permitted") {
        await audit.write(store, { ...refused, at: await store.now(), by: actor });
      }
      throw cause;
    }
  };
}
