import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import { alone } from "./alone.ts";
import { granted, grants, namedAt } from "./grants.ts";
import type { IssuerGuard } from "./guard.ts";
import { byId, id, name, seconds, secret } from "./schemas.ts";

const newSecret = z.object({ id: z.string(), secret: z.string() });

const service = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: seconds,
  disabledAt: seconds.nullable(),
  permissions: granted,
  /** The newest first; `usedOn` is the start of the day on which it was used last. */
  secrets: z.array(z.object({ id: z.string(), createdAt: seconds, usedOn: seconds.nullable() })).readonly(),
});

/** Programs that act for themselves, and their tokens. */
export function createServicesRouter(
  { allowed, open, router }: IssuerGuard,
  { issuer, servicePrincipals, serviceTokens }: Services,
) {
  return router({
    /** As RFC 6749 §4.4 has it, but for the form. */
    token: open("a service proves itself by its secret, before it has a token")
      .use(alone)
      .input(z.strictObject({ id, secret, audience: z.string().min(1).max(255).optional() }))
      .output(
        z.object({
          audience: z.string(),
          access_token: z.string(),
          token_type: z.literal("Bearer"),
          expires_in: z.number(),
          server_time: z.number(),
          scope: z.string(),
        }),
      )
      .mutation(({ ctx, input }) => serviceTokens.issue(input, ctx.caller)),

    list: allowed("services:read")
      .output(z.array(service).readonly())
      .query(() => servicePrincipals.list()),

    create: allowed("services:write")
      .input(z.strictObject({ name, permissions: grants }))
      .output(z.object({ id: z.string(), secret: newSecret }))
      .mutation(({ ctx, input: { name, permissions } }) =>
        servicePrincipals.create({ name, permissions: namedAt(issuer, permissions) }, actorOf(ctx)),
      ),

    /** Replaces what it may do. */
    update: allowed("services:write")
      .input(z.strictObject({ id, permissions: grants }))
      .output(z.void())
      .mutation(({ ctx, input }) =>
        servicePrincipals.update(input.id, namedAt(issuer, input.permissions), actorOf(ctx)),
      ),

    rotate: allowed("services:write")
      .input(byId)
      .output(z.object({ secret: newSecret, ended: z.array(z.string()).readonly() }))
      .mutation(({ ctx, input }) => servicePrincipals.rotate(input.id, actorOf(ctx))),

    revokeSecret: allowed("services:write")
      .input(z.strictObject({ id, secret: id }))
      .output(z.void())
      .mutation(({ ctx, input }) => servicePrincipals.revokeSecret(input.id, input.secret, actorOf(ctx))),

    disable: allowed("services:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => servicePrincipals.disable(input.id, actorOf(ctx))),

    enable: allowed("services:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => servicePrincipals.enable(input.id, actorOf(ctx))),

    remove: allowed("services:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => servicePrincipals.remove(input.id, actorOf(ctx))),
  });
}
