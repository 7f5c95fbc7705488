import { roleDescription, roleName } from "@countersign/tokens";
import { z } from "zod";
import type { Grantable } from "../services/roles.ts";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import type { IssuerGuard } from "./guard.ts";
import { id } from "./schemas.ts";

const permission = z.string().min(3).max(129);
const grantable = z.strictObject({ audience: z.string().min(1).max(255), permission });

const definition = z.strictObject({
  name: roleName,
  description: roleDescription,
  /** A permission of another API names its audience; a bare one is the issuer's own. */
  permissions: z.array(z.union([permission, grantable])).max(500),
});
const assignment = z.strictObject({ account: id, role: roleName });

const role = z.object({
  name: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  permissions: z.array(z.object({ audience: z.string(), permission: z.string() })).readonly(),
});

/** Named sets of permissions, and who has them. */
export function createRolesRouter({ allowed, router }: IssuerGuard, { roles, issuer }: Services) {
  const read = ({ permissions, ...rest }: z.infer<typeof definition>) => {
    const named = permissions.map((one) => (typeof one === "string" ? { audience: issuer, permission: one } : one));
    return { ...rest, permissions: unique(named) };
  };
  return router({
    list: allowed("roles:read")
      .output(z.array(role).readonly())
      .query(() => roles.list()),

    create: allowed("roles:write")
      .input(definition)
      .output(z.void())
      .mutation(({ ctx, input }) => roles.create(read(input), actorOf(ctx))),

    update: allowed("roles:write")
      .input(definition)
      .output(z.void())
      .mutation(({ ctx, input }) => roles.update(read(input), actorOf(ctx))),

    remove: allowed("roles:write")
      .input(z.strictObject({ name: roleName }))
      .output(z.void())
      .mutation(({ ctx, input }) => roles.remove(input.name, actorOf(ctx))),

    grant: allowed("roles:write")
      .input(assignment)
      .output(z.void())
      .mutation(({ ctx, input }) => roles.grant(input.account, input.role, actorOf(ctx))),

    revoke: allowed("roles:write")
      .input(assignment)
      .output(z.void())
      .mutation(({ ctx, input }) => roles.revoke(input.account, input.role, actorOf(ctx))),
  });
}

function unique(permissions: readonly Grantable[]): Grantable[] {
  return [...new Map(permissions.map((one) => [`${one.audience} ${one.permission}`, one])).values()];
}
