import { NOBODY } from "../services/caller.ts";
import { createId } from "../services/ids.ts";
import { replaceRing } from "../services/keys/key-steps.ts";
import { renewFeedIncarnation } from "../services/revocation/feed-incarnation.ts";
import { StartError } from "../start-error.ts";
import { assertNobodyRuns, hasMasterKey, type Operation } from "./operation.ts";

/**
 * For a database that a backup was put in the place of, before anything runs on it. What was issued after the backup is in
 * nobody's books: every refresh token of before dies by a new epoch and the end of every session, every access token by the
 * keys that signed it, and what readers of the feed know counts no more.
 *
 * Does not undo: that passwords, roles and invitations are those of the backup.
 */
export const restored: Operation = async (tx, installation, deps) => {
  if (!hasMasterKey(installation, deps.masterKeys)) {
    throw new StartError(
      "The master key of this backup is not in the file. Put it there; or, where it is lost, run reset-keys as well.",
    );
  }
  await assertNobodyRuns(tx);
  await tx.installation.update({ epoch: createId(deps.world) });
  await renewFeedIncarnation(tx, deps.world);
  const sessions = await tx.sessions.endEveryone(await tx.now(), "restored");
  await replaceRing(tx, deps, NOBODY);
  const note = { at: await tx.now(), by: NOBODY, detail: { sessions } };
  await deps.audit.write(tx, { event: "installation.restored", ...note });
  return `Everything that was issued before is dead. ${sessions} sessions have ended, and everybody signs in again.`;
};
