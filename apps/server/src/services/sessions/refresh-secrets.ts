import { importRefreshSecret, type MasterKey, seal, unseal, type World } from "@countersign/tokens";
import { base64url } from "jose";
import type { RefreshSecret } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import type { Clock } from "../clock.ts";
import { atMostEvery } from "../limits/cool-down.ts";

const SECRET_BYTES = 32;
const COOL_DOWN_MS = 30_000;

/** The secrets that refresh tokens are made with. The newest makes, all verify. */
export interface RefreshSecrets {
  newest(): number;
  /** An unknown version has the secrets read again, at most once a cool-down. */
  byVersion(version: number): Promise<CryptoKey | undefined>;
  /** 32 bytes of the newest secret's for another purpose: no refresh token's message is a bare word. */
  derive(purpose: string): Promise<Uint8Array<ArrayBuffer>>;
}

export interface RefreshSecretsDeps {
  readonly store: Store;
  readonly world: World;
  readonly clock: Clock;
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

/** Reads the secrets, making the first one where there is none, once for all instances. */
export async function openRefreshSecrets({
  store,
  world,
  clock,
  masterKeys,
}: RefreshSecretsDeps): Promise<RefreshSecrets> {
  const known = new Map<number, CryptoKey>();

  const learn = async (secrets: readonly RefreshSecret[]) => {
    for (const { version, sealed } of secrets) {
      if (known.has(version)) continue;
      const secret = await unseal(sealed, placeOf(version), masterKeys);
      known.set(version, await importRefreshSecret(new Uint8Array(base64url.decode(secret))));
    }
  };
  const relearn = atMostEvery(COOL_DOWN_MS, clock, async () => learn(await store.refreshSecrets.list()));

  await learn(
    await store.transaction(async (tx) => {
      await tx.lock("installation");
      const there = await tx.refreshSecrets.list();
      if (there.length > 0) return there;
      return [await makeRefreshSecret(tx, 1, { world, masterKeys })];
    }),
  );

  const newest = () => Math.max(...known.keys());
  return {
    newest,
    derive: async (purpose) => {
      const key = known.get(newest());
      if (!key) throw new Error("no refresh secret was read");
      return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(purpose)));
    },
    byVersion: async (version) => {
      if (!known.has(version)) await relearn();
      return known.get(version);
    },
  };
}

/** A new secret, which makes every token from the next start on. */
export async function makeRefreshSecret(
  tx: Transaction,
  version: number,
  { world, masterKeys }: Pick<RefreshSecretsDeps, "world" | "masterKeys">,
): Promise<RefreshSecret> {
  const secret = base64url.encode(world.random(SECRET_BYTES));
  const sealed = await seal(secret, placeOf(version), masterKeys[0], world);
  const made = { version, sealed, createdAt: await tx.now() };
  await tx.refreshSecrets.insert(made);
  return made;
}

function placeOf(version: number) {
  return { table: "refresh_secrets", row: String(version), column: "sealed" };
}
