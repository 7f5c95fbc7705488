import { roleDescription, roleName } from "@countersign/tokens";
import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import { granted, grants, namedAt } from "./grants.ts";
import type { IssuerGuard } from "./guard.ts";
import { id } from "./schemas.ts";

const definition = z.strictObject({
  name: roleName,
  description: roleDescription,
  permissions: grants,
});
const assignment = z.strictObject({ account: id, role: roleName });

const role = z.object({
  name: z.string(),
  description: z.string(),
  builtIn: z.boolean(),
  permissions: granted,
});

/** Named sets of permissions, and who has them. */
export function createRolesRouter({ allowed, router }: IssuerGuard, { roles, issuer }: Services) {
  const read = ({ permissions, ...rest }: z.infer<typeof definition>) => ({
    ...rest,
    permissions: namedAt(issuer, permissions),
  });
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
