import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { importMasterKey, type MasterKey, type World } from "@countersign/tokens";
import type { IssuerOptions } from "./issuer-options.ts";
import { readMasterKeys } from "./master-key.ts";

/** The first one encrypts. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

type Given = Pick<IssuerOptions, "masterKeys" | "database">;

/**
 * The keys that encrypt at rest, as the options give them. The file is made for a SQLite database that does not exist yet:
 * a database without its key is lost, and a new key would hide it, so beside a database the file is missed and not made.
 *
 * @throws {StartError} with a sentence, for a file that is missing or cannot be used
 */
export async function openMasterKeys({ masterKeys, database }: Given, world: World): Promise<MasterKeys> {
  const secrets =
    "file" in masterKeys
      ? await readMasterKeys(resolve(masterKeys.file), isNew(database), world)
      : masterKeys.map(
          (secret) => new Uint8Array(typeof secret === "string" ? Buffer.from(secret, "base64url") : secret),
        );
  const [first, ...others] = await Promise.all(secrets.map(importMasterKey));
  if (!first) throw new TypeError("masterKeys: at least one");
  return [first, ...others];
}

function isNew(database: IssuerOptions["database"]): boolean {
  return "sqlite" in database && !existsSync(resolve(database.sqlite));
}
