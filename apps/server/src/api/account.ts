import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import { alone } from "./alone.ts";
import type { IssuerGuard } from "./guard.ts";
import { byId, jsonObject, password, seconds } from "./schemas.ts";

const me = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  roles: z.array(z.string()).readonly(),
  createdAt: seconds,
  metadata: z.object({ public: jsonObject }),
});

const session = z.object({
  id: z.string(),
  client: z.string(),
  userAgent: z.string().nullable(),
  createdAt: seconds,
  refreshedAt: seconds,
  /** When it ends unless it is refreshed before. */
  expiresAt: seconds,
  /** Whether it is the one that asks. */
  current: z.boolean(),
});

/** One's own account. */
export function createAccountRouter({ signedIn, router }: IssuerGuard, { accounts, sessions }: Services) {
  return router({
    /** What the installation keeps for itself alone is left out here, and by the output. */
    me: signedIn.output(me).query(async ({ ctx }) => {
      const { metadata, ...account } = await accounts.get({ id: ctx.principal.id });
      return { ...account, metadata: { public: metadata.public } };
    }),

    changePassword: signedIn
      .use(alone)
      .input(z.strictObject({ current: password, next: password }))
      .output(z.void())
      .mutation(({ ctx, input }) => accounts.changePassword(input, actorOf(ctx))),

    /** Proves the password again for the session that asks; refresh it afterwards. */
    stepUp: signedIn
      .use(alone)
      .input(z.strictObject({ password }))
      .output(z.void())
      .mutation(({ ctx, input }) => accounts.stepUp(input.password, actorOf(ctx))),

    sessions: signedIn.output(z.array(session)).query(async ({ ctx }) => {
      const own = await sessions.list(ctx.principal.id);
      return own.map((one) => ({
        ...one,
        client: one.clientId,
        refreshedAt: one.genAt,
        expiresAt: Math.min(one.idleEnd, one.absEnd),
        current: one.id === ctx.principal.session,
      }));
    }),

    endSession: signedIn
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => sessions.endOwn(input.id, actorOf(ctx))),

    endOtherSessions: signedIn
      .output(z.object({ ended: z.number() }))
      .mutation(async ({ ctx }) => ({ ended: await sessions.endOthers(actorOf(ctx)) })),
  });
}
