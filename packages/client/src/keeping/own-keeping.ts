import { pageDatabases } from "../page.ts";
import { createBoundStore } from "./bound-store.ts";
import type { Keeping, KeepingDeps, OwnMode } from "./keeping.ts";
import { createProofKey, type ProofKeyPair } from "./proof-key.ts";
import { createProver } from "./prover.ts";
import { createSessionStore } from "./session-store.ts";
import { memoryStorage, type TokenStorage } from "./storage.ts";
import { createTurns } from "./storage-turns.ts";
import { tellingStorage } from "./telling-storage.ts";

/** The keeping of an app that has its own refresh token: in a storage, or bound to a key. */
export function createOwnKeeping({ name, mode, tell, warn, world }: KeepingDeps<OwnMode>): Keeping {
  const { storage, key } = placeOf(mode);
  const turns = createTurns(tellingStorage(storage, tell), world, warn);
  return { store: createSessionStore(name, turns, warn), prover: key && createProver(key, world) };
}

function placeOf(mode: OwnMode): {
  readonly storage: TokenStorage;
  readonly key?: () => Promise<ProofKeyPair>;
} {
  const { storage = memoryStorage() } = mode;
  if (mode.mode === "storage") return { storage };
  const { client, key } = mode;
  const databases = pageDatabases();
  if (databases && !key) return createBoundStore(databases, client);
  return { storage, key: async () => key ?? (await createProofKey()) };
}
