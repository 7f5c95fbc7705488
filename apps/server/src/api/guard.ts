import { createGuard, type Verifier } from "@countersign/guard";
import { permissions } from "./permissions.ts";
import { t } from "./trpc.ts";

/** How many calls one request may hold. */
const MAX_BATCH = 20;

/** The guard of the issuer's own API: its tokens are those of the issuer in this process. */
export function createIssuerGuard(verifier: Verifier) {
  return createGuard(t, {
    issuer: verifier,
    permissions,
    maxBatchSize: MAX_BATCH,
    enrich: ({ id }, { identified }) => {
      identified(id);
      return {};
    },
  });
}

export type IssuerGuard = ReturnType<typeof createIssuerGuard>;
