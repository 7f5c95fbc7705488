import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import type { IssuerGuard } from "./guard.ts";
import { byId, email, id, jsonObject, page, seconds } from "./schemas.ts";

const user = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(z.string()).readonly(),
  createdAt: seconds,
  disabledAt: seconds.nullable(),
});

const userWithMetadata = user.extend({ metadata: z.object({ public: jsonObject, private: jsonObject }) });

/** Everybody's accounts, for administrators. There is no way to choose somebody's password (ASVS 6.4.6). */
export function createUsersRouter({ allowed, router }: IssuerGuard, { accounts }: Services) {
  return router({
    list: allowed("users:read")
      .input(page)
      .output(z.array(user).readonly())
      .query(({ input }) => accounts.list({ limit: 50, ...input })),

    get: allowed("users:read")
      .input(z.union([byId, z.strictObject({ email })]))
      .output(userWithMetadata)
      .query(({ input }) => accounts.get(input)),

    /** Replaces each part that is given. `narrowed` makes the tokens that the account has now too old. */
    setMetadata: allowed("users:write")
      .input(
        z.strictObject({
          id,
          public: jsonObject.optional(),
          private: jsonObject.optional(),
          narrowed: z.boolean().optional(),
        }),
      )
      .output(z.void())
      .mutation(({ ctx, input: { id, ...change } }) => accounts.setMetadata(id, change, actorOf(ctx))),

    disable: allowed("users:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => accounts.disable(input.id, actorOf(ctx))),

    enable: allowed("users:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => accounts.enable(input.id, actorOf(ctx))),

    endSessions: allowed("users:write")
      .input(byId)
      .output(z.object({ ended: z.number() }))
      .mutation(async ({ ctx, input }) => ({ ended: await accounts.endSessions(input.id, actorOf(ctx)) })),

    remove: allowed("users:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => accounts.remove(input.id, actorOf(ctx))),
  });
}
