import type { MasterKey, World } from "@countersign/tokens";
import type { Installation } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { createId } from "./ids.ts";
import { renewFeedIncarnation } from "./revocation/feed-incarnation.ts";

/** What the first keys are made for, unless the options say otherwise. */
const keyAlgorithm = "EdDSA";

export interface InstallationDeps {
  readonly store: Store;
  readonly world: World;
  /** The first one encrypts. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

/**
 * Reads what this installation is, or makes it on the first start, once for all instances.
 *
 * @throws {Error} in words for who starts the server, when the database was sealed with a master key that is not here
 */
export async function openInstallation({ store, world, masterKeys }: InstallationDeps): Promise<Installation> {
  const installation = await store.transaction(async (tx) => {
    await tx.lock("installation");
    const there = await tx.installation.read();
    const one = there ?? { epoch: createId(world), masterKeyId: masterKeys[0].id, feedIncarnation: null, keyAlgorithm };
    if (!there) await tx.installation.create(one);
    return one.feedIncarnation === null ? { ...one, feedIncarnation: await renewFeedIncarnation(tx, world) } : one;
  });
  if (!masterKeys.some((key) => key.id === installation.masterKeyId)) {
    throw new Error(
      "The master key does not belong to this database: its secrets were sealed with another one. " +
        "Start with the master key file that this database was made with.",
    );
  }
  return installation;
}
