import type { AccessTable, Policy, Principal } from "@countersign/guard";
import { z } from "zod";
import type { IssuerGuard } from "./guard.ts";

const permissions = z.array(z.string()).readonly();
const policy = z.union([
  z.strictObject({ open: z.string() }),
  z.strictObject({ orSignedIn: z.string() }),
  z.strictObject({ signedIn: z.literal(true) }),
  z.strictObject({ allowed: permissions }),
  z.strictObject({ allowedAny: permissions }),
]);

/** Who may call what here. `table` is asked when a call comes, because this router is itself part of it. */
export function createAccessRouter({ signedIn, router }: IssuerGuard, table: () => AccessTable) {
  return router({
    table: signedIn.output(z.record(z.string(), policy)).query(() => ({ ...table() })),

    mine: signedIn.output(z.object({ permissions, paths: permissions })).query(({ ctx: { principal } }) => ({
      permissions: [...principal.permissions].toSorted(),
      paths: Object.entries(table()).flatMap(([path, policy]) => (mayCall(principal, policy) ? [path] : [])),
    })),
  });
}

/** Whether an account that has signed in satisfies a policy. Tells; the guard judges each call by itself. */
function mayCall(principal: Principal, policy: Policy): boolean {
  if ("allowed" in policy) return policy.allowed.every((permission) => principal.can(permission));
  if ("allowedAny" in policy) return policy.allowedAny.some((permission) => principal.can(permission));
  return true;
}
