import type { ClientWorld } from "../client-world.ts";
import { untilAborted } from "../until-aborted.ts";
import { createDatabase, type Databases, done } from "./database.ts";
import { createProofKey, type ProofKeyPair } from "./proof-key.ts";
import type { TokenStorage } from "./storage.ts";
import { PATIENCE_MS } from "./storage-turns.ts";

const TOKENS = "tokens";
const KEYS = "keys";

/** Where a page on another site keeps its session: the tokens, and beside them the key that nobody can carry off. */
export interface BoundStore {
  readonly storage: TokenStorage;
  /**
   * The key of this origin as it is kept now: made once, even where two first pages ask at the same moment. One of this page's
   * own where the database cannot be opened. Throws where it can be, and does not give the key.
   */
  key(): Promise<ProofKeyPair>;
}

export interface BoundStoreDeps {
  readonly databases: Databases;
  /** Id of the app whose key it is. */
  readonly app: string;
  /** Under which name its session is kept. */
  readonly sessionKey: string;
  readonly world: Pick<ClientWorld, "setTimer">;
}

/** In IndexedDB, for all pages of an origin. */
export function createBoundStore({ databases, app, sessionKey, world }: BoundStoreDeps): BoundStore {
  const database = createDatabase(databases, "countersign", [TOKENS, KEYS]);
  let own: Promise<ProofKeyPair> | undefined;
  /** The key that this page proves with. */
  let mine: ProofKeyPair | undefined;

  /** What a promise becomes, unless it takes longer than anybody waits for storage. */
  const soon = <T>(promise: Promise<T>): Promise<T> => {
    const patience = new AbortController();
    const cancel = world.setTimer(() => patience.abort(), PATIENCE_MS);
    return untilAborted(promise, patience.signal).finally(cancel);
  };
  /** One transaction: whoever comes second finds the first one's. */
  const keep = (key: ProofKeyPair): Promise<ProofKeyPair> =>
    database.within([KEYS], "readwrite", async (at) => {
      const other = await done(at(KEYS).get(app));
      if (isKeyPair(other)) return other;
      await done(at(KEYS).put(key, app));
      return key;
    });
  const readKey = async (): Promise<ProofKeyPair> => {
    try {
      await soon(database.open().catch(database.open));
    } catch (error) {
      if (database.isThere) throw error;
      // Blocked: the session lives as long as this page.
      own ??= createProofKey();
      return mine ?? (await own);
    }
    const kept = await soon(database.within([KEYS], "readonly", (at) => done(at(KEYS).get(app))));
    if (isKeyPair(kept)) return kept;
    const fresh = mine ?? (await createProofKey());
    // Full: there is no other, and this page can do without keeping it.
    return await soon(keep(fresh)).catch(() => fresh);
  };

  return {
    storage: {
      async get(key) {
        const text = await database.within([TOKENS], "readonly", (at) => done(at(TOKENS).get(key)));
        return typeof text === "string" ? text : null;
      },
      async set(key, value) {
        // A session is kept with the key that it is bound to, whatever has become of that one meanwhile.
        const bound = key === sessionKey ? mine : undefined;
        await database.within(bound ? [TOKENS, KEYS] : [TOKENS], "readwrite", async (at) => {
          if (bound) at(KEYS).put(bound, app);
          await done(at(TOKENS).put(value, key));
        });
      },
      async remove(key) {
        await database.within([TOKENS], "readwrite", (at) => done(at(TOKENS).delete(key)));
      },
    },
    async key() {
      mine = await readKey();
      return mine;
    },
  };
}

function isKeyPair(value: unknown): value is ProofKeyPair {
  return typeof value === "object" && value !== null && "privateKey" in value && "publicKey" in value;
}
