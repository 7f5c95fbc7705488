import {
  generateKey,
  importAuditKey,
  importSigningKey,
  type MasterKey,
  type PublicJwk,
  type SigningKey,
  seal,
  unseal,
  type VerificationKey,
  type World,
} from "@countersign/tokens";
import type { AuditKey } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import { NOBODY } from "../caller.ts";
import type { AuditWriter } from "./audit.ts";

/**
 * The keys that sign seals of the audit and nothing else, so that no token is ever one. They do not expire: who has
 * written down an id can verify any audit of this installation, however old.
 */
export interface AuditKeys {
  /** The one that signs. */
  readonly current: SigningKey;
  /** Newest first; every one is here with its private half. */
  readonly published: readonly PublicJwk[];
  find(kid: string): VerificationKey | undefined;
}

export interface AuditKeysDeps {
  readonly store: Store;
  readonly world: World;
  readonly audit: AuditWriter;
  /** The first one encrypts. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

/**
 * Opens the keys, making the first one at the first start, once for all instances.
 *
 * A public key counts only beside a private half that opens: whoever can write to the database, and does not hold the
 * master key, cannot bring in one of their own.
 *
 * @throws {Refusal} `unavailable` for a key that does not open, or is not the one of its row
 */
export async function openAuditKeys({ store, world, audit, masterKeys }: AuditKeysDeps): Promise<AuditKeys> {
  const stored = await store.transaction((tx) => ensureKey(tx, { world, audit, master: masterKeys[0] }));
  const opened = await Promise.all(
    stored.map(async ({ kid, publicJwk: said, sealed }) => {
      const privateJwk = await unseal(sealed, placeOf(kid), masterKeys);
      const publicJwk = publicHalf(kid, said, privateJwk);
      return {
        signing: await importSigningKey(kid, publicJwk.alg, privateJwk),
        verification: await importAuditKey(publicJwk),
        publicJwk,
      };
    }),
  );
  const [newest] = opened;
  if (!newest) throw new Error("the audit has no key");
  const byId = new Map(opened.map(({ verification }) => [verification.kid, verification]));
  return {
    current: newest.signing,
    published: opened.map(({ publicJwk }) => publicJwk),
    find: (kid) => byId.get(kid),
  };
}

/** The public key as its private half has it; the id is its thumbprint, so any other row is found out. */
function publicHalf(kid: string, publicJwk: PublicJwk, privateJwk: string): PublicJwk {
  const { x, y } = JSON.parse(privateJwk);
  return { ...publicJwk, kid, x, ...("y" in publicJwk && { y }) };
}

async function ensureKey(
  tx: Transaction,
  { world, audit, master }: { world: World; audit: AuditWriter; master: MasterKey },
): Promise<readonly AuditKey[]> {
  await tx.lock("audit");
  const there = await tx.auditChain.keys();
  return there.length > 0 ? there : [(await makeAuditKey(tx, { world, audit, master })).stored];
}

/** A new key that signs from now on. Needs the lock of the audit. */
export async function makeAuditKey(
  tx: Transaction,
  { world, audit, master }: { world: World; audit: AuditWriter; master: MasterKey },
): Promise<{ readonly stored: AuditKey; readonly signing: SigningKey }> {
  const { kid, publicJwk, privateJwk } = await generateKey("EdDSA");
  const createdAt = await tx.now();
  const key = { kid, publicJwk, sealed: await seal(privateJwk, placeOf(kid), master, world), createdAt };
  await tx.auditChain.insertKey(key);
  await audit.write(tx, { event: "audit.key_made", at: createdAt, by: NOBODY, subject: kid });
  return { stored: key, signing: await importSigningKey(kid, publicJwk.alg, privateJwk) };
}

function placeOf(kid: string) {
  return { table: "audit_keys", row: kid, column: "sealed" };
}
