import type { Access } from "./access/access.ts";
import type { Roles } from "./access/roles.ts";
import type { Accounts } from "./accounts/accounts.ts";
import type { Audit } from "./audit/audit.ts";
import type { AuditExport } from "./audit/audit-export.ts";
import type { Clients } from "./clients.ts";
import type { Health } from "./health.ts";
import type { Invitations } from "./joining/invitations.ts";
import type { SetUp } from "./joining/set-up.ts";
import type { SignUps } from "./joining/sign-ups.ts";
import type { KeyRotation } from "./keys/key-rotation.ts";
import type { Keys } from "./keys/keys.ts";
import type { ServicePrincipals } from "./programs/service-principals.ts";
import type { ServiceTokens } from "./programs/service-tokens.ts";
import type { Feed } from "./revocation/feed.ts";
import type { Proofs } from "./sessions/proofs.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { SignIn } from "./sign-in/sign-in.ts";

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
