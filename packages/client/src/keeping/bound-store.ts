import { createProofKey, type ProofKeyPair } from "./proof-key.ts";
import type { TokenStorage } from "./storage.ts";

// The parts of IndexedDB that are used here. Node's types know no DOM.
interface Request<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface Store {
  get(key: string): Request<unknown>;
  put(value: unknown, key: string): Request<unknown>;
  delete(key: string): Request<unknown>;
}
interface Database {
  createObjectStore(name: string): void;
  transaction(name: string, mode: "readonly" | "readwrite", options?: object): { objectStore(name: string): Store };
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}
interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
}
export interface Databases {
  open(name: string, version: number): OpenRequest;
}

const NAME = "countersign";
const TOKENS = "tokens";
const KEYS = "keys";

/** Where a page on another site keeps its session: the tokens, and beside them the key that nobody can carry off. */
export interface BoundStore {
  readonly storage: TokenStorage;
  /** The key of this origin: made once, even where two first pages ask at the same moment. */
  key(): Promise<ProofKeyPair>;
}

/** In IndexedDB, for all pages of an origin. @param app whose key it is */
export function createBoundStore(databases: Databases, app: string): BoundStore {
  let opened: Promise<Database> | undefined;

  const open = (): Promise<Database> => {
    opened ??= openDatabase(databases, () => {
      opened = undefined;
    });
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  const within = async (name: string, mode: "readonly" | "readwrite"): Promise<Store> =>
    (await open()).transaction(name, mode).objectStore(name);

  return {
    storage: {
      async get(key) {
        const text = await done((await within(TOKENS, "readonly")).get(key));
        return typeof text === "string" ? text : null;
      },
      async set(key, value) {
        await done((await within(TOKENS, "readwrite")).put(value, key));
      },
      async remove(key) {
        await done((await within(TOKENS, "readwrite")).delete(key));
      },
    },
    async key() {
      try {
        const there = await done((await within(KEYS, "readonly")).get(app));
        if (isKeyPair(there)) return there;
        const fresh = await createProofKey();
        // One transaction: whoever comes second finds the first one's.
        const keys = await within(KEYS, "readwrite");
        const other = await done(keys.get(app));
        if (isKeyPair(other)) return other;
        await done(keys.put(fresh, app));
        return fresh;
      } catch {
        // Blocked or broken: the session lives as long as this page.
        return await createProofKey();
      }
    },
  };
}

function isKeyPair(value: unknown): value is ProofKeyPair {
  return typeof value === "object" && value !== null && "privateKey" in value && "publicKey" in value;
}

/** @param gone is told when it is closed, by whoever deletes it for example */
async function openDatabase(databases: Databases, gone: () => void): Promise<Database> {
  const request = databases.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const name of [TOKENS, KEYS]) request.result.createObjectStore(name);
  };
  const database = await done(request);
  database.onversionchange = () => {
    database.close();
    gone();
  };
  database.onclose = gone;
  return database;
}

function done<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
