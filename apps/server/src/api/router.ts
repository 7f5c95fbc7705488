import type { AccessTable } from "@countersign/guard";
import type { Services } from "../services/services.ts";
import { createAccessRouter } from "./access.ts";
import { createAccountRouter } from "./account.ts";
import { createAudiencesRouter } from "./audiences.ts";
import { createAuditRouter } from "./audit.ts";
import type { IssuerGuard } from "./guard.ts";
import { createInvitationsRouter } from "./invitations.ts";
import { createKeysRouter } from "./keys.ts";
import { createRolesRouter } from "./roles.ts";
import { createServicesRouter } from "./services.ts";
import { createSignInRouter } from "./sign-in.ts";
import { createUsersRouter } from "./users.ts";

/** Every procedure of the issuer. */
export function createRouter(guard: IssuerGuard, services: Services) {
  const table = (): AccessTable => guard.accessTable(router);
  const router = guard.router({
    access: createAccessRouter(guard, services, table),
    account: createAccountRouter(guard, services),
    audiences: createAudiencesRouter(guard, services),
    audit: createAuditRouter(guard, services),
    invitations: createInvitationsRouter(guard, services),
    keys: createKeysRouter(guard, services),
    roles: createRolesRouter(guard, services),
    services: createServicesRouter(guard, services),
    signIn: createSignInRouter(guard, services),
    users: createUsersRouter(guard, services),
  });
  return router;
}

export type IssuerRouter = ReturnType<typeof createRouter>;
