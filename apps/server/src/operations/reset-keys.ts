import { AUDIT_BEGINNING } from "@countersign/tokens";
import { makeAuditKey } from "../services/audit/audit-keys.ts";
import { extendChain } from "../services/audit/audit-sealer.ts";
import { NOBODY } from "../services/caller.ts";
import { createId } from "../services/ids.ts";
import { replaceRing } from "../services/keys/key-steps.ts";
import { makeRefreshSecret } from "../services/sessions/refresh-secrets.ts";
import { StartError } from "../start-error.ts";
import type { SealedTable } from "../store/sealed.ts";
import type { Transaction } from "../store/store.ts";
import { assertNobodyRuns, hasMasterKey, type Operation, type OperationDeps } from "./operation.ts";

/**
 * Begins anew with another master key, where the one that the database was encrypted with is lost: nothing that it
 * encrypted can be read ever again. Accounts, passwords, roles and the audit stay; every session ends.
 */
export const resetKeys: Operation = async (tx, installation, deps) => {
  if (hasMasterKey(installation, deps.masterKeys)) {
    throw new StartError(
      "The master key of this database is in the file, so nothing is lost. To change to another one, see rewrap.",
    );
  }
  await assertNobodyRuns(tx);
  await tx.installation.update({ masterKeyId: deps.masterKeys[0].id, epoch: createId(deps.world) });
  const sessions = await tx.sessions.endEveryone(await tx.now(), "keys_reset");
  for (const replace of Object.values(inPlaceOf)) await replace(tx, deps, sessions);
  return `New keys, with the first master key of the file. ${sessions} sessions have ended; mails that waited are gone.`;
};

/** What comes in the place of what cannot be read any more. The audit's key is the last: it seals what was done. */
const inPlaceOf: Readonly<
  Record<SealedTable, (tx: Transaction, deps: OperationDeps, sessions: number) => Promise<void>>
> = {
  mails: (tx) => tx.sealed.clear("mails"),
  signing_keys: (tx, deps) => replaceRing(tx, deps, NOBODY),
  refresh_secrets: async (tx, deps) => {
    const versions = (await tx.refreshSecrets.list()).map(({ version }) => version);
    await tx.sealed.clear("refresh_secrets");
    // Not a version that there was: sessions name the secret that they were made with.
    await makeRefreshSecret(tx, Math.max(0, ...versions) + 1, deps);
  },
  audit_keys: async (tx, deps, sessions) => {
    await tx.lock("audit");
    const [former] = await tx.auditChain.keys();
    const end = (await tx.auditChain.end()) ?? AUDIT_BEGINNING;
    await tx.sealed.clear("audit_keys");
    const { signing } = await makeAuditKey(tx, { ...deps, master: deps.masterKeys[0] });
    // Up to this entry the former key is the witness, for whoever has written down its id.
    const detail = { sessions, former_key: former?.kid ?? null, seq: end.seq };
    const note = { at: await tx.now(), by: NOBODY, subject: signing.kid, detail };
    await deps.audit.write(tx, { event: "installation.keys_reset", ...note });
    await extendChain(tx, end, { issuer: deps.issuer, key: signing });
  },
};
