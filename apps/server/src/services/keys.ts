import {
  generateKey,
  importSigningKey,
  importVerificationKey,
  type KeyStatus,
  type MasterKey,
  type PublicJwk,
  type SigningKey,
  seal,
  statusOf,
  unseal,
  type VerificationKey,
  type World,
} from "@countersign/tokens";
import type { StoredKey } from "../store/records.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import { atMostEvery } from "./cool-down.ts";

/** How often an unknown `kid` may have the ring read again, in milliseconds. */
const COOL_DOWN_MS = 30_000;

/** How many keys are published before they sign. */
const SUCCESSORS = 2;

/** A key as it may be shown. Times are in milliseconds. */
interface PublishedKey extends Omit<StoredKey, "sealed" | "publicJwk"> {
  readonly status: Exclude<KeyStatus, "gone">;
}

/** The key ring of this installation. */
export interface Keys {
  /** The published key set, from memory (RFC 7517 §5). */
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** Where the published keys stand in their lives. */
  ring(): readonly PublishedKey[];
  /** A published key by its exact id. An unknown one has the ring read again, at most once a cool-down. */
  find(kid: string): Promise<VerificationKey | undefined> | VerificationKey | undefined;
  /** Whether a key is published at this moment. */
  has(kid: string): boolean;
  /** The key that signs. */
  current(): SigningKey;
  /** Reads the ring again: what another instance did becomes known. */
  reload(): Promise<void>;
}

export interface KeysDeps {
  readonly store: Store;
  readonly world: World;
  readonly clock: Clock;
  /** The first one encrypts. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

interface Ring {
  readonly keys: ReadonlyMap<string, { readonly stored: StoredKey; readonly verification: VerificationKey }>;
  readonly current: SigningKey;
}

/** Reads the ring, making it on the first start, once for all instances. */
export async function openKeys({ store, world, clock, masterKeys }: KeysDeps): Promise<Keys> {
  const read = async (stored: readonly StoredKey[], before?: Ring): Promise<Ring> => {
    const keys = new Map<string, { stored: StoredKey; verification: VerificationKey }>();
    for (const key of stored) {
      const verification = before?.keys.get(key.kid)?.verification ?? (await importVerificationKey(key.publicJwk));
      keys.set(key.kid, { stored: key, verification });
    }
    const signs = stored.find((key) => statusOf(key, clock.now()) === "current");
    if (!signs) throw new Error("the key ring has no key that signs");
    if (before?.current.kid === signs.kid) return { keys, current: before.current };
    const text = await unseal(signs.sealed, placeOf(signs.kid), masterKeys);
    return { keys, current: await importSigningKey(signs.kid, signs.alg, text) };
  };

  let ring = await read(await store.transaction((tx) => ensureKeys(tx, masterKeys[0], world)));
  const reload = async () => {
    ring = await read(await store.keys.list(), ring);
  };
  const lookAgain = atMostEvery(COOL_DOWN_MS, clock, reload);

  const published = () =>
    [...ring.keys.values()].flatMap(({ stored }) => {
      const status = statusOf(stored, clock.now());
      return status === "gone" ? [] : [{ stored, status }];
    });
  const known = (kid: string) => {
    const key = ring.keys.get(kid);
    return key && statusOf(key.stored, clock.now()) !== "gone" ? key.verification : undefined;
  };

  return {
    jwks: () => ({ keys: published().map(({ stored }) => stored.publicJwk) }),
    ring: () => published().map(({ stored: { sealed: _, publicJwk: __, ...rest }, status }) => ({ ...rest, status })),
    find: (kid) => known(kid) ?? lookAgain().then(() => known(kid)),
    has: (kid) => known(kid) !== undefined,
    current: () => ring.current,
    reload,
  };
}

/** One key that signs and its successors, made under a lock where there is none. */
async function ensureKeys(tx: Transaction, master: MasterKey, world: World): Promise<readonly StoredKey[]> {
  await tx.lock("keys");
  const there = await tx.keys.list();
  if (there.length > 0) return there;
  const now = await tx.now();
  const made: StoredKey[] = [];
  for (let index = 0; index <= SUCCESSORS; index += 1) {
    const { privateJwk, ...key } = await generateKey("EdDSA");
    const sealed = await seal(privateJwk, placeOf(key.kid), master, world);
    made.push({ ...key, sealed, publishedAt: now, activatedAt: index === 0 ? now : null, retiredAt: null });
  }
  for (const key of made) await tx.keys.insert(key);
  return made;
}

function placeOf(kid: string) {
  return { table: "signing_keys", row: kid, column: "sealed" };
}
