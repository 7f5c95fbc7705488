import { createVerifier, type OwnVerifier } from "@countersign/guard";
import { Refusal, systemWorld, type World } from "@countersign/tokens";
import { permissions } from "./api/permissions.ts";
import { checkIssuerOptions } from "./check-options.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import { type MasterKeys, openMasterKeys } from "./master-keys.ts";
import { createAccess } from "./services/access/access.ts";
import { ensureRegistrations } from "./services/access/registrations.ts";
import { createRoleNarrowings } from "./services/access/role-narrowing.ts";
import { createRoles } from "./services/access/roles.ts";
import { createAccounts } from "./services/accounts/accounts.ts";
import { createMetadata } from "./services/accounts/metadata.ts";
import { createNewAccounts } from "./services/accounts/new-account.ts";
import { createAudit } from "./services/audit/audit.ts";
import { createAuditExport } from "./services/audit/audit-export.ts";
import { openAuditKeys } from "./services/audit/audit-keys.ts";
import { createAuditSealer } from "./services/audit/audit-sealer.ts";
import { createClients } from "./services/clients.ts";
import { createClock } from "./services/clock.ts";
import { shareHashPool } from "./services/hashing/shared-pool.ts";
import { createHealth } from "./services/health.ts";
import { createReaction } from "./services/hooks.ts";
import { openInstallation } from "./services/installation.ts";
import { createInvitations } from "./services/joining/invitations.ts";
import { createSetUp } from "./services/joining/set-up.ts";
import { createSignUps } from "./services/joining/sign-ups.ts";
import { createKeyRotation } from "./services/keys/key-rotation.ts";
import { openKeys } from "./services/keys/keys.ts";
import { createLimits } from "./services/limits/limits.ts";
import { createRefusedTokens } from "./services/limits/refused-tokens.ts";
import { createMails } from "./services/mail/mails.ts";
import { createOutbox } from "./services/mail/outbox.ts";
import { createPasswords, type Passwords } from "./services/passwords/passwords.ts";
import { createServicePrincipals } from "./services/programs/service-principals.ts";
import { createServiceTokens } from "./services/programs/service-tokens.ts";
import { openFactLog } from "./services/revocation/fact-log.ts";
import { createFeed } from "./services/revocation/feed.ts";
import { createRevocations } from "./services/revocation/revocations.ts";
import type { Services } from "./services/services.ts";
import { createAccessTokens } from "./services/sessions/access-tokens.ts";
import { createOwnClaims } from "./services/sessions/claims.ts";
import { createHandoffs } from "./services/sessions/handoffs.ts";
import { checkLifetimes } from "./services/sessions/lifetimes.ts";
import { openProofs } from "./services/sessions/proofs.ts";
import { openRefreshSecrets } from "./services/sessions/refresh-secrets.ts";
import { createRefreshTokens } from "./services/sessions/refresh-tokens.ts";
import { createSessions } from "./services/sessions/sessions.ts";
import { createPasswordMethod } from "./services/sign-in/password.ts";
import { createSignIn } from "./services/sign-in/sign-in.ts";
import { startBackground } from "./services/upkeep/background.ts";
import { createPresence } from "./services/upkeep/presence.ts";
import type { Store } from "./store/store.ts";

/** Everything behind the API, put together. */
export interface Wired {
  readonly services: Services;
  readonly verifier: OwnVerifier;
  readonly store: Store;
  /** Ends what runs in the background, and closes the database. */
  close(): Promise<void>;
}

/**
 * Opens the database, brings it up to date, and puts the services over it.
 *
 * @param passwords closed with it; by default those of this process, which its issuers share
 * @throws {TypeError} for options that make no sense
 * @throws {Error} with a sentence, where the database belongs to another master key, or may not be written
 * @throws {Refusal} `unavailable` without a database
 */
export async function wire(
  options: IssuerOptions,
  passwords: Passwords = createPasswords({ pool: shareHashPool() }),
): Promise<Wired> {
  checkIssuerOptions(options);
  const world = options.world ?? systemWorld;
  const store = await openStore(options.database, world);
  try {
    await store.migrate();
    return await wireServices(options, store, world, await openMasterKeys(options, store, world), passwords);
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

async function wireServices(
  options: IssuerOptions,
  store: Store,
  world: World,
  masterKeys: MasterKeys,
  passwords: Passwords,
): Promise<Wired> {
  const { issuer } = options;
  const lifetimes = checkLifetimes(options.lifetimes);
  const installation = await openInstallation({ store, world, masterKeys });
  const audit = createAudit({ store, world });
  const auditKeys = await openAuditKeys({ store, world, audit, masterKeys });
  const narrowings = createRoleNarrowings({ store, world });
  const register = () =>
    ensureRegistrations({ store, audit, narrowings }, { ...options, issuer, builtIn: permissions });
  await register().catch(async (cause: unknown) => {
    if (!(cause instanceof Refusal && cause.reason === "conflict")) throw cause;
    // Who was killed while a role was removed has left its name taken, and nobody else may be there to finish.
    await narrowings.finish();
    await register();
  });

  const clock = createClock({ store, world });
  await clock.measure();
  const secrets = await openRefreshSecrets({ store, world, clock, masterKeys });
  const facts = await openFactLog({ store, clock });
  const keySteps = { world, audit, masterKeys };
  const keys = await openKeys({ ...keySteps, store, clock, facts, algorithm: options.algorithm });
  const keyRotation = createKeyRotation({ ...keySteps, store, keys });
  const revocations = createRevocations({ facts, clock });

  const limits = createLimits({ store, audit, limits: options.limits });
  const clients = createClients({ store, clock });
  const handoffs = createHandoffs({ world });
  const metadata = createMetadata(options.metadata);
  const newAccounts = createNewAccounts({ world, metadata });
  const mails = createMails({ enabled: options.mail !== undefined, world, masterKeys });
  const common = {
    issuer,
    store,
    world,
    audit,
    narrowings,
    clients,
    handoffs,
    limits,
    mails,
    metadata,
    newAccounts,
    passwords,
  };
  const methods = [createPasswordMethod(common), ...(options.signIn ?? [])];

  const refusedTokens = createRefusedTokens(common);
  const proofs = await openProofs({ issuer, clock, secrets });
  const services: Services = {
    issuer,
    audit,
    auditExport: createAuditExport({ issuer, store, keys: auditKeys }),
    clients,
    keys,
    keyRotation,
    access: createAccess(common),
    accounts: createAccounts(common),
    feed: createFeed({ facts, clock }),
    health: createHealth({ store, revocations }),
    invitations: createInvitations(common),
    roles: createRoles(common),
    servicePrincipals: createServicePrincipals(common),
    serviceTokens: createServiceTokens({ ...common, keys, refusedTokens, life: lifetimes.serviceToken }),
    sessions: createSessions({
      ...common,
      lifetimes,
      accessTokens: createAccessTokens({ issuer, keys, world, life: lifetimes.accessToken }),
      claims: createOwnClaims({ store, metadata, options: options.claims }),
      refreshTokens: createRefreshTokens({ installation, secrets }),
      refusedTokens,
      proofs,
    }),
    proofs,
    setUp: createSetUp(common),
    signIn: createSignIn({ ...common, methods }),
    signUps: createSignUps({ ...common, policy: options.signUp ?? "invite", roles: options.signUpRoles ?? [] }),
  };

  const verifier = createVerifier({
    issuer,
    keys: (kid) => keys.find(kid),
    hasKey: (kid) => keys.has(kid),
    revoked: (token) => revocations.judge(token),
    now: () => clock.now(),
  });

  const { mail, logger } = options;
  const outbox = mail && createOutbox({ issuer, store, audit, masterKeys, options: mail, logger });
  if (options.on) store.onEvents(createReaction(options.on));
  const sealer = createAuditSealer({ issuer, store, keys: auditKeys });
  const presence = createPresence({ store, world, masterKeys });
  await presence.announce();
  const stop = startBackground({ store, clock, keyRotation, facts, outbox, sealer, presence, narrowings, logger });
  const close = async () => {
    services.feed.close();
    await stop();
    facts.close();
    await passwords.close();
    await store.close();
  };
  return { services, verifier, store, close };
}

/** Opens a database. Loads the driver of that one only. */
export async function openStore(database: IssuerOptions["database"], world: World): Promise<Store> {
  if ("sqlite" in database) {
    const { openSqlite } = await import("./store/sqlite.ts");
    return await openSqlite({ file: database.sqlite, world });
  }
  const { openPostgres } = await import("./store/postgres.ts");
  return openPostgres({ connection: database.postgres, schema: database.schema });
}
