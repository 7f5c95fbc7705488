import { roleName } from "@countersign/tokens";
import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import type { IssuerGuard } from "./guard.ts";
import { byId, email, page, seconds } from "./schemas.ts";

const invitation = z.object({
  id: z.string(),
  email: z.string(),
  roles: z.array(z.string()).readonly(),
  invitedBy: z.string(),
  createdAt: seconds,
  expiresAt: seconds,
});

/** What lets people in who are not there yet. */
export function createInvitationsRouter({ allowed, router }: IssuerGuard, { invitations }: Services) {
  return router({
    list: allowed("invitations:read")
      .input(page)
      .output(z.array(invitation).readonly())
      .query(({ input }) => invitations.list({ limit: 50, ...input })),

    create: allowed("invitations:write")
      .input(z.strictObject({ email, roles: z.array(roleName).max(20).default([]) }))
      // Where the installation sends mail, secret and link are in the mail alone.
      .output(
        z.object({ id: z.string(), secret: z.string().optional(), link: z.string().optional(), expiresAt: seconds }),
      )
      .mutation(({ ctx, input }) => invitations.create(input, actorOf(ctx))),

    remove: allowed("invitations:write")
      .input(byId)
      .output(z.void())
      .mutation(({ ctx, input }) => invitations.remove(input.id, actorOf(ctx))),
  });
}
