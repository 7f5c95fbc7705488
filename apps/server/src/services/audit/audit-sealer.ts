import { setImmediate as yieldToOthers } from "node:timers/promises";
import {
  AUDIT_BEGINNING,
  type AuditLink,
  chainEntries,
  keyOfSeal,
  openAuditSeal,
  type SigningKey,
  sealAudit,
} from "@countersign/tokens";
import type { Store, Transaction } from "../../store/store.ts";
import type { AuditKeys } from "./audit-keys.ts";

/** Entries that are sealed at once: what else wants the database, or this process, waits no longer than that takes. */
const CHUNK = 100;

export interface AuditSealer {
  /**
   * Puts every committed entry that has no place yet at the end of the chain, and signs the new end.
   *
   * @throws {Error} where the end of the chain is not what was sealed last: nothing is signed on top of it
   */
  seal(): Promise<void>;
}

export interface AuditSealerDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly keys: AuditKeys;
}

/**
 * The sealer of the audit. Every instance has one, and a lock lets one of them through. Numbers are given to what is
 * committed and in no other order, so an entry that commits late comes later. Entries, their places and the seal over
 * them are one transaction: killed at any moment, the chain ends with a seal.
 */
export function createAuditSealer({ issuer, store, keys }: AuditSealerDeps): AuditSealer {
  const { auditChain, transaction } = store;
  let known: AuditLink = AUDIT_BEGINNING;

  const sealChunk = async (): Promise<number> => {
    // Most of the time there is nothing, and then nobody else is held up.
    if ((await auditChain.unsealed(1)).length === 0) return 0;
    const { end, count } = await transaction(async (tx) => {
      await tx.lock("audit");
      return await extendChain(tx, await soundEnd(tx, keys, known), { issuer, key: keys.current });
    });
    known = end;
    return count;
  };

  return {
    async seal() {
      while ((await sealChunk()) === CHUNK) await yieldToOthers();
    },
  };
}

/** Chains what is not sealed yet, a chunk at most, and signs the new end. Needs the lock of the audit. */
export async function extendChain(
  tx: Transaction,
  after: AuditLink,
  { issuer, key }: { readonly issuer: string; readonly key: SigningKey },
): Promise<{ readonly end: AuditLink; readonly count: number }> {
  const entries = await chainEntries(after, await tx.auditChain.unsealed(CHUNK));
  const end = entries.at(-1);
  if (!end) return { end: after, count: 0 };
  const seal = await sealAudit({ issuer, seq: end.seq, hash: end.hash, at: await tx.now() }, key);
  await tx.auditChain.extend(entries, { seq: end.seq, seal });
  return { end, count: entries.length };
}

/** The end of the chain, if it is the one that was signed last and no older than what is known to have been there. */
async function soundEnd(tx: Transaction, keys: AuditKeys, known: AuditLink): Promise<AuditLink> {
  const end = (await tx.auditChain.end()) ?? AUDIT_BEGINNING;
  const last = await tx.auditChain.lastSeal();
  const signed = last ? await openSeal(last.seal, keys) : AUDIT_BEGINNING;
  const sound = signed.seq === end.seq && signed.hash === end.hash && end.seq >= known.seq;
  if (sound && (end.seq > known.seq || end.hash === known.hash)) return { seq: end.seq, hash: end.hash };
  throw new Error(
    `the audit was changed: it ends with entry ${end.seq}, its last seal is of ${signed.seq}, ` +
      `and this process knows ${known.seq}; no more is sealed`,
  );
}

async function openSeal(seal: string, keys: AuditKeys): Promise<AuditLink> {
  const key = keys.find(keyOfSeal(seal));
  if (!key) throw new Error("the last seal of the audit is by a key that is not here; no more is sealed");
  return await openAuditSeal(seal, key);
}
