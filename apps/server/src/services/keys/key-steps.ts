import {
  type Algorithm,
  generateKey,
  type MasterKey,
  nextRingStep,
  type Place,
  type RingStep,
  seal,
  type World,
} from "@countersign/tokens";
import type { StoredKey } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Actor, Caller } from "../caller.ts";

export interface KeyStepsDeps {
  readonly world: World;
  readonly audit: AuditWriter;
  /** The first one encrypts. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

/** The ring while its lock is held. */
export interface LockedRing {
  /** Database time in milliseconds. */
  readonly now: number;
  readonly algorithm: Algorithm;
  readonly keys: readonly StoredKey[];
}

/** Has one transaction at a time change the ring, across all instances. */
export async function lockRing(tx: Transaction): Promise<LockedRing> {
  await tx.lock("keys");
  const installation = await tx.installation.read();
  if (!installation) throw new Error("there is no installation");
  return { now: await tx.now(), algorithm: installation.keyAlgorithm, keys: await tx.keys.list() };
}

/** Takes the steps that the ring needs now, each with its audit record. Answers the ring. Needs its lock. */
export async function settleRing(
  tx: Transaction,
  deps: KeyStepsDeps,
  { now, algorithm }: Pick<LockedRing, "now" | "algorithm">,
  by: Actor | Caller,
): Promise<readonly StoredKey[]> {
  for (;;) {
    const keys = await tx.keys.list();
    const step = nextRingStep(keys, algorithm, now);
    if (!step) return keys;
    await takeStep(tx, deps, step, { now, algorithm }, by);
  }
}

/** Takes every key out, with every token that it signed, and begins anew. */
export async function replaceRing(tx: Transaction, deps: KeyStepsDeps, by: Actor | Caller): Promise<void> {
  const ring = await lockRing(tx);
  for (const { kid } of ring.keys) {
    await tx.keys.remove(kid);
    tx.revoke({ kind: "key", id: kid });
    await deps.audit.write(tx, { event: "key.revoked", at: ring.now, by, subject: kid });
  }
  await settleRing(tx, deps, ring, by);
}

/** Takes one step. Needs the lock of the ring. */
export async function takeStep(
  tx: Transaction,
  { world, audit, masterKeys }: KeyStepsDeps,
  step: RingStep,
  { now, algorithm }: Pick<LockedRing, "now" | "algorithm">,
  by: Actor | Caller,
): Promise<void> {
  if (step.act === "publish") {
    const { privateJwk, ...key } = await generateKey(algorithm);
    const sealed = await seal(privateJwk, placeOfKey(key.kid), masterKeys[0], world);
    await tx.keys.insert({ ...key, sealed, publishedAt: now, activatedAt: null, retiredAt: null });
    await audit.write(tx, { event: "key.published", at: now, by, subject: key.kid, detail: { alg: algorithm } });
  } else if (step.act === "activate") {
    if (step.retire !== undefined) await tx.keys.retire(step.retire, now);
    await tx.keys.activate(step.kid, now);
    const detail = { retired: step.retire ?? null };
    await audit.write(tx, { event: "key.activated", at: now, by, subject: step.kid, detail });
  } else {
    await tx.keys.remove(step.kid);
    await audit.write(tx, { event: "key.removed", at: now, by, subject: step.kid });
  }
}

/** Where the private half of a key stands. */
export function placeOfKey(kid: string): Place {
  return { table: "signing_keys", row: kid, column: "sealed" };
}
