import { pageAddress } from "./page.ts";
import { memoryStorage, type TokenStorage } from "./storage.ts";

/** An app in a browser: its refresh token rests in a cookie that no script can read, its access tokens in memory. */
export interface CookieMode {
  readonly mode: "cookie";
  /** Id of this app, as the server knows it. */
  readonly client: string;
  readonly storage?: never;
}

/** A program that keeps its own tokens: a script, a terminal, a phone. */
export interface StorageMode {
  readonly mode: "storage";
  /** Id of this app, as the server knows it; `cli` unless given. */
  readonly client?: string | undefined;
  /** Where tokens rest between two runs; in memory unless given. */
  readonly storage?: TokenStorage | undefined;
}

/** Whichever fits: `cookie` in a browser, `storage` elsewhere and where a `storage` is given. */
export interface DefaultMode extends Omit<StorageMode, "mode"> {
  readonly mode?: undefined;
}

/** How an app carries its refresh token. It is registered at the server in the same mode. */
export type ModeOptions = CookieMode | StorageMode | DefaultMode;

/** What was chosen, checked. */
export type Mode = { readonly client: string } & (
  | { readonly mode: "cookie" }
  | { readonly mode: "storage"; readonly storage: TokenStorage }
);

/** @throws {TypeError} for a mode that there is not, a cookie beside a storage, an app in a browser without its id */
export function modeOf(options: ModeOptions): Mode {
  const { client, storage, mode = storage || pageAddress() === undefined ? "storage" : "cookie" } = options;
  if (mode === "storage") return { mode, client: client ?? "cli", storage: storage ?? memoryStorage() };
  if (mode !== "cookie") throw new TypeError('mode: must be "cookie" or "storage"');
  if (storage)
    throw new TypeError('storage: is for mode "storage"; in mode "cookie" the browser keeps the refresh token');
  if (!client) throw new TypeError('client: must be given in mode "cookie": the id by which the server knows this app');
  return { mode, client };
}
