import type { Kysely } from "kysely";
import { accountQueries } from "./accounts.ts";
import { attemptQueries } from "./attempts.ts";
import { audienceQueries } from "./audiences.ts";
import { auditQueries } from "./audit.ts";
import { auditChainQueries } from "./audit-chain.ts";
import { clientQueries } from "./clients.ts";
import type { Engine } from "./engine.ts";
import { handoffQueries } from "./handoffs.ts";
import { installationQueries } from "./installation.ts";
import { instanceQueries } from "./instances.ts";
import { invitationQueries } from "./invitations.ts";
import { keyQueries } from "./keys.ts";
import { mailQueries } from "./mails.ts";
import { metadataQueries } from "./metadata.ts";
import { proofQueries } from "./proofs.ts";
import { refreshSecretQueries } from "./refresh-secrets.ts";
import { revocationQueries } from "./revocations.ts";
import { roleNarrowingQueries } from "./role-narrowings.ts";
import { roleQueries } from "./roles.ts";
import type { Schema } from "./schema.ts";
import { sealedQueries } from "./sealed.ts";
import { serviceQueries } from "./services.ts";
import { sessionQueries } from "./sessions.ts";
import { setUpQueries } from "./set-up.ts";
import type { Queries } from "./store.ts";

/** Every query, asked through one handle: the database itself, or a transaction. */
export function createQueries(db: Kysely<Schema>, engine: Engine): Queries {
  return {
    now: () => engine.now(db),
    installation: installationQueries(db),
    accounts: accountQueries(db),
    metadata: metadataQueries(db),
    sessions: sessionQueries(db),
    roles: roleQueries(db),
    roleNarrowings: roleNarrowingQueries(db),
    clients: clientQueries(db),
    audiences: audienceQueries(db),
    services: serviceQueries(db),
    handoffs: handoffQueries(db),
    proofs: proofQueries(db),
    invitations: invitationQueries(db),
    mails: mailQueries(db),
    setUp: setUpQueries(db),
    keys: keyQueries(db),
    sealed: sealedQueries(db),
    instances: instanceQueries(db),
    refreshSecrets: refreshSecretQueries(db),
    revocations: revocationQueries(db),
    audit: auditQueries(db),
    auditChain: auditChainQueries(db),
    attempts: attemptQueries(db),
  };
}
