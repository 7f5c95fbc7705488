import { resolve } from "node:path";
import { importMasterKey, type MasterKey, type World } from "@countersign/tokens";
import type { IssuerOptions } from "./issuer-options.ts";
import { readMasterKeys } from "./master-key.ts";
import type { Store } from "./store/store.ts";

/** The first one encrypts. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

type Given = Pick<IssuerOptions, "masterKeys" | "database">;

/**
 * The keys that encrypt at rest, as the options give them. A file is made for an installation that does not exist yet, in a
 * SQLite file: a database without its key is lost, and a new key would hide it, so beside an installation the file is missed
 * and not made.
 *
 * @throws {StartError} with a sentence, for a file that is missing or cannot be used
 */
export async function openMasterKeys({ masterKeys, database }: Given, store: Store, world: World): Promise<MasterKeys> {
  const isNew = async () => "sqlite" in database && (await store.installation.read()) === undefined;
  const secrets =
    "file" in masterKeys
      ? await readMasterKeys(resolve(masterKeys.file), await isNew(), world)
      : masterKeys.map(
          (secret) => new Uint8Array(typeof secret === "string" ? Buffer.from(secret, "base64url") : secret),
        );
  const [first, ...others] = await Promise.all(secrets.map(importMasterKey));
  if (!first) throw new TypeError("masterKeys: at least one");
  return [first, ...others];
}
