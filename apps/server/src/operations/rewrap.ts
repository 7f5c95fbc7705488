import { seal, unseal } from "@countersign/tokens";
import { NOBODY } from "../services/caller.ts";
import { presentInstances } from "../services/upkeep/presence.ts";
import { StartError } from "../start-error.ts";
import type { SealedText } from "../store/records.ts";
import type { Operation, OperationDeps } from "./operation.ts";

/**
 * Encrypts everything anew with the first master key of the file, so that the others may leave it. Instances may run, if
 * all of them encrypt with that key already.
 */
export const rewrap: Operation = async (tx, installation, deps) => {
  const [first] = deps.masterKeys;
  const others = (await presentInstances(tx)).filter(({ masterKeyId }) => masterKeyId !== first.id);
  if (others.length > 0) {
    throw new StartError(
      `An instance that runs encrypts with another master key (${others.length} of them): ` +
        "put the new one first in its file as well, start it again, and then run this.",
    );
  }
  const texts = await tx.sealed.list();
  const former = texts.filter(({ sealed }) => !sealed.startsWith(`s1.${first.id}.`));
  if (former.length === 0 && installation.masterKeyId === first.id) {
    return "Everything is encrypted with the first master key already. The others may leave the file.";
  }
  for (const text of former) {
    const opened = await open(text, deps);
    await tx.sealed.replace(text, await seal(opened, text.place, first, deps.world));
  }
  await tx.installation.update({ masterKeyId: first.id });
  const detail = { texts: former.length };
  await deps.audit.write(tx, { event: "installation.rewrapped", at: await tx.now(), by: NOBODY, detail });
  return `Encrypted anew with the first master key: ${former.length} of ${texts.length} texts. The others may leave the file.`;
};

async function open({ place, sealed }: SealedText, { masterKeys }: OperationDeps): Promise<string> {
  try {
    return await unseal(sealed, place, masterKeys);
  } catch (cause) {
    throw new StartError(
      `A text in ${place.table} does not open with any master key of the file: nothing was changed. ` +
        "Put the key that it was encrypted with into the file as well.",
      { cause },
    );
  }
}
