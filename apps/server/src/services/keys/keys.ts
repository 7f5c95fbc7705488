import {
  type Algorithm,
  importSigningKey,
  importVerificationKey,
  type KeyStatus,
  type PublicJwk,
  readyAt,
  type SigningKey,
  statusOf,
  unseal,
  type VerificationKey,
} from "@countersign/tokens";
import type { StoredKey } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import { NOBODY } from "../caller.ts";
import type { Clock } from "../clock.ts";
import { atMostEvery } from "../limits/cool-down.ts";
import type { FactLog } from "../revocation/fact-log.ts";
import { type KeyStepsDeps, lockRing, placeOfKey, settleRing } from "./key-steps.ts";

/** How often an unknown `kid` may have the ring read again, in milliseconds. */
const COOL_DOWN_MS = 30_000;

/** A key as it may be shown. Times are in milliseconds. */
interface PublishedKey extends Omit<StoredKey, "sealed" | "publicJwk"> {
  readonly status: Exclude<KeyStatus, "gone">;
  /** When it has been published for long enough to sign. */
  readonly readyAt: number;
}

/** The key ring of this installation, as this process knows it. */
export interface Keys {
  /** The published key set, from memory (RFC 7517 §5). */
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** Where the published keys stand in their lives. */
  ring(): readonly PublishedKey[];
  /** A published key by its exact id. An unknown one has the ring read again, at most once a cool-down. */
  find(kid: string): Promise<VerificationKey | undefined> | VerificationKey | undefined;
  /** Whether a key is published at this moment. */
  has(kid: string): boolean;
  /**
   * The key that signs, by the database: whoever was refused because a key had been revoked is never given another token
   * of that key, at any instance.
   *
   * @throws {Refusal} `unavailable` without the database, or where the key was sealed with a master key that is not here
   */
  current(): Promise<SigningKey>;
  /** Reads the ring again: what another instance did becomes known. */
  reload(): Promise<void>;
}

export interface KeysDeps extends KeyStepsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly facts: Pick<FactLog, "listen">;
  /** What new keys are made for, from now on; as it was unless given. */
  readonly algorithm?: Algorithm | undefined;
}

interface Ring {
  readonly keys: ReadonlyMap<string, { readonly stored: StoredKey; readonly verification: VerificationKey }>;
  readonly current: SigningKey;
}

/** Reads the ring, making it on the first start, once for all instances. */
export async function openKeys({ store, clock, facts, algorithm, ...deps }: KeysDeps): Promise<Keys> {
  const read = async (stored: readonly StoredKey[], before?: Ring): Promise<Ring> => {
    const keys = new Map<string, { stored: StoredKey; verification: VerificationKey }>();
    for (const key of stored) {
      const verification = before?.keys.get(key.kid)?.verification ?? (await importVerificationKey(key.publicJwk));
      keys.set(key.kid, { stored: key, verification });
    }
    const signs = stored.find((key) => statusOf(key, clock.now()) === "current");
    if (!signs) throw new Error("the key ring has no key that signs");
    if (before?.current.kid === signs.kid) return { keys, current: before.current };
    const text = await unseal(signs.sealed, placeOfKey(signs.kid), deps.masterKeys);
    return { keys, current: await importSigningKey(signs.kid, signs.alg, text) };
  };

  let ring = await read(await store.transaction((tx) => ensureRing(tx, deps, algorithm)));
  let begun = 0;
  let shown = 0;
  const reload = async () => {
    begun += 1;
    const turn = begun;
    const next = await read(await store.keys.list(), ring);
    // One that began earlier and ends later has read what was before.
    if (turn < shown) return;
    shown = turn;
    ring = next;
  };
  const lookAgain = atMostEvery(COOL_DOWN_MS, clock, reload);
  facts.listen((news) => {
    if (!news.some(({ fact }) => fact.kind === "key" && ring.keys.has(fact.id))) return;
    // A failure is the next reading's to report: that one is a minute away, and what the fact kills is dead.
    reload().catch(() => undefined);
  });

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
    ring: () =>
      published().map(({ stored: { sealed: _, publicJwk: __, ...rest }, status }) => ({
        ...rest,
        status,
        readyAt: readyAt(rest),
      })),
    find: (kid) => known(kid) ?? lookAgain().then(() => known(kid)),
    has: (kid) => known(kid) !== undefined,
    current: async () => {
      if ((await store.keys.signing()) !== ring.current.kid) await reload();
      return ring.current;
    },
    reload,
  };
}

/** A sound ring, for the algorithm that is wanted. */
async function ensureRing(
  tx: Transaction,
  deps: KeyStepsDeps,
  wanted: Algorithm | undefined,
): Promise<readonly StoredKey[]> {
  const { now, algorithm } = await lockRing(tx);
  if (wanted === undefined || wanted === algorithm) return await settleRing(tx, deps, { now, algorithm }, NOBODY);
  await tx.installation.update({ keyAlgorithm: wanted });
  await deps.audit.write(tx, { event: "key.algorithm_set", at: now, by: NOBODY, detail: { alg: wanted } });
  return await settleRing(tx, deps, { now, algorithm: wanted }, NOBODY);
}
