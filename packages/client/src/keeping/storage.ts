type Awaitable<T> = T | Promise<T>;

/** Where a client keeps its tokens between two runs. Values are secrets: a file of mode 0600, a keychain. */
export interface TokenStorage {
  /** `null` where nothing is kept. */
  get(key: string): Awaitable<string | null>;
  set(key: string, value: string): Awaitable<void>;
  remove(key: string): Awaitable<void>;
}

/** Keeps tokens for as long as the program runs. */
export function memoryStorage(): TokenStorage {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => {
      kept.set(key, value);
    },
    remove: (key) => {
      kept.delete(key);
    },
  };
}
