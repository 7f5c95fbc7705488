import type { TokenStorage } from "./storage.ts";

/** The same storage, of which others are told once something in it has changed. */
export function tellingStorage(storage: TokenStorage, tell: () => void): TokenStorage {
  return {
    get: (key) => storage.get(key),
    async set(key, value) {
      await storage.set(key, value);
      tell();
    },
    async remove(key) {
      await storage.remove(key);
      tell();
    },
  };
}
