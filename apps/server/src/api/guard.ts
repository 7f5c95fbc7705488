import { createGuard, type Verifier } from "@countersign/guard";
import { permissions } from "./permissions.ts";
import { t } from "./trpc.ts";

/** The guard of the issuer's own API: its tokens are those of the issuer in this process. */
export function createIssuerGuard(verifier: Verifier) {
  return createGuard(t, { issuer: verifier, permissions });
}

export type IssuerGuard = ReturnType<typeof createIssuerGuard>;
