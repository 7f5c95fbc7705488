import type { ClientWorld } from "../client-world.ts";
import { pageDatabases } from "../page.ts";
import { createBoundStore } from "./bound-store.ts";
import type { Keeping, KeepingDeps, OwnMode } from "./keeping.ts";
import { createProofKey, type ProofKeyPair } from "./proof-key.ts";
import { createProver } from "./prover.ts";
import { createSessionStore, sessionKeyOf } from "./session-store.ts";
import { memoryStorage, type TokenStorage } from "./storage.ts";
import { createTurns } from "./storage-turns.ts";
import { tellingStorage } from "./telling-storage.ts";

/** The keeping of an app that has its own refresh token: in a storage, or bound to a key. */
export function createOwnKeeping({ name, mode, tell, warn, world }: KeepingDeps<OwnMode>): Keeping {
  const { storage, key } = placeOf(mode, name, world);
  const turns = createTurns(tellingStorage(storage, tell), world, warn);
  const prover = key && createProver(key, world);
  // Who has signed in elsewhere may have done so with another key.
  return { store: createSessionStore(name, turns, warn, () => void prover?.reread()), prover };
}

function placeOf(
  mode: OwnMode,
  name: string,
  world: ClientWorld,
): {
  readonly storage: TokenStorage;
  readonly key?: () => Promise<ProofKeyPair>;
} {
  const { storage = memoryStorage() } = mode;
  if (mode.mode === "storage") return { storage };
  const { client, key } = mode;
  const databases = pageDatabases();
  if (databases && !key) return createBoundStore({ databases, app: client, sessionKey: sessionKeyOf(name), world });
  let made: Promise<ProofKeyPair> | undefined;
  return {
    storage,
    async key() {
      made ??= key ? Promise.resolve(key) : createProofKey();
      return await made;
    },
  };
}
