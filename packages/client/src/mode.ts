import type { ProofKeyPair } from "./keeping/proof-key.ts";
import type { TokenStorage } from "./keeping/storage.ts";
import { pageAddress } from "./page.ts";

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

/**
 * An app that cannot have a cookie of the issuer's, because it is on another site: its tokens are bound to a key, which
 * proves each request (DPoP, RFC 9449). In a browser both rest in IndexedDB, where the key can be used and not read. Elsewhere
 * they are in memory, or where they are given.
 */
export interface BoundMode {
  readonly mode: "bound";
  /** Id of this app, as the server knows it. */
  readonly client: string;
  /** Where tokens rest between two runs: with the key that they are bound to. */
  readonly storage?: TokenStorage | undefined;
  /** An ES256 key for signing, which the program keeps: `await createProofKey()`. */
  readonly key?: ProofKeyPair | undefined;
}

/** Whichever fits: `cookie` in a browser, `storage` elsewhere and where a `storage` is given. */
export interface DefaultMode extends Omit<StorageMode, "mode"> {
  readonly mode?: undefined;
}

/** How an app carries its refresh token. It is registered at the server in the same mode. */
export type ModeOptions = CookieMode | BoundMode | StorageMode | DefaultMode;

/** What was chosen, checked. */
export type Mode = { readonly client: string } & (
  | { readonly mode: "cookie" }
  | { readonly mode: "storage"; readonly storage?: TokenStorage | undefined }
  | {
      readonly mode: "bound";
      readonly storage?: TokenStorage | undefined;
      readonly key?: ProofKeyPair | undefined;
    }
);

/** @throws {TypeError} for a mode that there is not, a cookie beside a storage, an app in a browser without its id */
export function modeOf(options: ModeOptions): Mode {
  const { storage, mode = storage || pageAddress() === undefined ? "storage" : "cookie" } = options;
  if (mode === "storage") return { mode, client: options.client ?? "cli", storage };
  if (mode !== "cookie" && mode !== "bound") throw new TypeError('mode: must be "cookie", "bound" or "storage"');
  const { client } = options;
  if (!client)
    throw new TypeError(`client: must be given in mode "${mode}": the id by which the server knows this app`);
  const key = "key" in options ? options.key : undefined;
  if (mode === "bound") {
    if (storage && !key)
      throw new TypeError("key: must be given beside a storage; tokens are worth nothing without it");
    return { mode, client, storage, key };
  }
  if (storage)
    throw new TypeError('storage: is for mode "storage"; in mode "cookie" the browser keeps the refresh token');
  return { mode, client };
}
