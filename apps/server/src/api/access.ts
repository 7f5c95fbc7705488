import type { Principal } from "@countersign/guard";
import { type AccessTable, accessDeclaration, accessTable, isAudience, type Policy } from "@countersign/tokens";
import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import type { IssuerGuard } from "./guard.ts";

const texts = z.array(z.string()).readonly();
/** An API that this client has tokens for; this one unless it is said. */
const tableInput = z.strictObject({ audience: z.string().refine(isAudience).optional() }).optional();

const pushInput = z.strictObject({
  declaration: accessDeclaration,
  /** Removes what is not declared any more as well. */
  prune: z.boolean().default(false),
  /** Reports, and changes nothing. */
  dryRun: z.boolean().default(false),
  /** Only this very change, as the report of a dry run named it; any other is refused with `conflict`. */
  plan: z.string().max(64).optional(),
});

const report = z.object({
  audience: z.string(),
  plan: z.string(),
  added: z.object({
    audience: z.boolean(),
    permissions: texts,
    procedures: z.boolean(),
    boundTokens: z.boolean().nullable(),
    roles: z
      .array(z.object({ name: z.string(), isNew: z.boolean(), permissions: texts, accounts: z.number() }))
      .readonly(),
  }),
  /** What goes with `prune`, and stays without. */
  undeclared: z.object({
    permissions: z.array(z.object({ permission: z.string(), roles: texts, accounts: z.number() })).readonly(),
    roles: z
      .array(z.object({ name: z.string(), goes: z.boolean(), permissions: texts, accounts: z.number() }))
      .readonly(),
    accounts: z.number(),
    /** Some of those who are affected; none for who may not read accounts. */
    emails: texts,
  }),
});

/**
 * Who may call what here, and what other APIs declare. `table` is asked when a call comes, because this router is itself
 * part of it.
 */
export function createAccessRouter(
  { allowed, signedIn, router }: IssuerGuard,
  { access, issuer }: Services,
  table: () => AccessTable,
) {
  return router({
    table: signedIn
      .input(tableInput)
      .output(accessTable)
      .query(async ({ ctx: { principal }, input: { audience = issuer } = {} }) =>
        audience === issuer ? { ...table() } : await access.procedures(audience, principal.client),
      ),

    mine: signedIn.output(z.object({ permissions: texts, paths: texts })).query(({ ctx: { principal } }) => ({
      permissions: [...principal.permissions].toSorted(),
      paths: Object.entries(table()).flatMap(([path, policy]) => (mayCall(principal, policy) ? [path] : [])),
    })),

    push: allowed("access:write")
      .input(pushInput)
      .output(report)
      .mutation(({ ctx, input: { declaration, ...options } }) =>
        access.push(declaration, { ...options, emails: ctx.principal.can("users:read") }, actorOf(ctx)),
      ),
  });
}

/** Whether an account that has signed in satisfies a policy. Tells; the guard judges each call by itself. */
function mayCall(principal: Principal, policy: Policy): boolean {
  if ("allowed" in policy) return policy.allowed.every((permission) => principal.can(permission));
  if ("allowedAny" in policy) return policy.allowedAny.some((permission) => principal.can(permission));
  return true;
}
