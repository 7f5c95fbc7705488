import type { Access } from "./access.ts";
import type { Accounts } from "./accounts.ts";
import type { Audit } from "./audit.ts";
import type { AuditExport } from "./audit-export.ts";
import type { Clients } from "./clients.ts";
import type { Feed } from "./feed.ts";
import type { Health } from "./health.ts";
import type { Invitations } from "./invitations.ts";
import type { KeyRotation } from "./key-rotation.ts";
import type { Keys } from "./keys.ts";
import type { Proofs } from "./proofs.ts";
import type { Roles } from "./roles.ts";
import type { ServicePrincipals } from "./service-principals.ts";
import type { ServiceTokens } from "./service-tokens.ts";
import type { Sessions } from "./sessions.ts";
import type { SetUp } from "./set-up.ts";
import type { SignIn } from "./sign-in/sign-in.ts";
import type { SignUps } from "./sign-ups.ts";

/** The rules of the issuer, as api and http see them. */
export interface Services {
  /** The issuer's identifier and its own audience. */
  readonly issuer: string;
  readonly access: Access;
  readonly accounts: Accounts;
  readonly audit: Audit;
  readonly auditExport: AuditExport;
  readonly clients: Clients;
  readonly feed: Feed;
  readonly health: Health;
  readonly invitations: Invitations;
  readonly keys: Keys;
  readonly keyRotation: KeyRotation;
  readonly proofs: Proofs;
  readonly roles: Roles;
  readonly servicePrincipals: ServicePrincipals;
  readonly serviceTokens: ServiceTokens;
  readonly sessions: Sessions;
  readonly setUp: SetUp;
  readonly signIn: SignIn;
  readonly signUps: SignUps;
}
