import type { MasterKey, World } from "@countersign/tokens";
import type { Instance } from "../../store/records.ts";
import type { Queries, Store } from "../../store/store.ts";
import { createId } from "../ids.ts";

/** How often an instance says that it is there, in milliseconds. */
export const PRESENCE_MS = 20_000;

/** An instance that has said nothing for so long does not run any more, in milliseconds. */
export const ABSENT_MS = 3 * PRESENCE_MS;

/** Whether this process runs, for whoever must not do something while one does. */
export interface Presence {
  announce(): Promise<void>;
  leave(): Promise<void>;
}

export interface PresenceDeps {
  readonly store: Store;
  readonly world: World;
  /** The first one encrypts. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

export function createPresence({ store, world, masterKeys }: PresenceDeps): Presence {
  const id = createId(world);
  return {
    announce: async () => await store.instances.put({ id, masterKeyId: masterKeys[0].id, seenAt: await store.now() }),
    leave: () => store.instances.remove(id),
  };
}

/** The instances that run. One that was killed is among them for a minute. */
export async function presentInstances(queries: Queries): Promise<readonly Instance[]> {
  return await queries.instances.since((await queries.now()) - ABSENT_MS);
}
