import type { World } from "@countersign/tokens";
import type { Transaction } from "../../store/store.ts";
import { createId } from "../ids.ts";

/**
 * Begins a new run of fact numbers: no reader's place counts any more, and each gets everything anew. For whatever may
 * have taken numbers back, such as a backup that was put in the place of the database. Needs the installation's lock.
 */
export async function renewFeedIncarnation(tx: Transaction, world: World): Promise<string> {
  const incarnation = createId(world);
  await tx.installation.update({ feedIncarnation: incarnation });
  return incarnation;
}
