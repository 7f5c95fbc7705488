import { base64url, type CryptoKey } from "jose";
import { Refusal } from "./errors.ts";
import type { World } from "./world.ts";

/** A key that encrypts at rest: AES-256-GCM. Its id stands in every ciphertext that it made. */
export interface MasterKey {
  readonly id: string;
  readonly key: CryptoKey;
}

/** Where a ciphertext lives. Bound as additional data, so that a row copied elsewhere does not open there. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

const IV_BYTES = 12;

/** @throws {TypeError} unless the secret has exactly 32 bytes. */
export async function importMasterKey(secret: Uint8Array<ArrayBuffer>): Promise<MasterKey> {
  if (secret.length !== 32) throw new TypeError("a master key has 32 bytes");
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", secret));
  return { id: base64url.encode(digest.subarray(0, 12)), key };
}

/** Encrypts a text for one place in the database, under a fresh nonce (NIST SP 800-38D §8.2). */
export async function seal(text: string, place: Place, master: MasterKey, world: World): Promise<string> {
  const iv = world.random(IV_BYTES);
  const params = { name: "AES-GCM", iv, additionalData: additionalData(place) };
  const sealed = await crypto.subtle.encrypt(params, master.key, new TextEncoder().encode(text));
  return ["s1", master.id, base64url.encode(iv), base64url.encode(new Uint8Array(sealed))].join(".");
}

/**
 * Decrypts what `seal` made for the same place.
 *
 * @throws {Refusal} `unavailable` when it was changed, moved, or sealed by a key that is not among these.
 */
export async function unseal(sealed: string, place: Place, masters: readonly MasterKey[]): Promise<string> {
  const [format, id, iv, ciphertext, ...rest] = sealed.split(".");
  const master = masters.find((candidate) => candidate.id === id);
  if (format !== "s1" || !iv || !ciphertext || rest.length > 0) throw damaged("not a sealed text");
  if (!master) throw damaged("sealed by a master key that is not here");
  try {
    const params = { name: "AES-GCM", iv: bytes(iv), additionalData: additionalData(place) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(params, master.key, bytes(ciphertext)));
  } catch (cause) {
    throw damaged("a sealed text does not open", cause);
  }
}

function additionalData(place: Place): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([place.table, place.row, place.column]));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const decoded = new Uint8Array(base64url.decode(text));
  if (base64url.encode(decoded) !== text) throw new TypeError("base64url is not canonical");
  return decoded;
}

function damaged(detail: string, cause?: unknown): Refusal {
  return new Refusal("unavailable", { detail, ...(cause === undefined ? {} : { cause }) });
}
