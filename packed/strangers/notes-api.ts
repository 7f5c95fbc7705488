// Somebody's API: a guarded router, over an issuer elsewhere or in the same process.
import { createGuard, type Facts, type Verifier } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import { z } from "zod";

export const permissions = ["notes:read", "notes:write"] as const;

export function createNotesApi(issuer: string | Verifier, audience: string) {
  const t = initTRPC.context<{ auth: Facts }>().create();
  const guard =
    typeof issuer === "string"
      ? createGuard(t, { issuer, audience, permissions, revocation: { mode: "until-expiry" } })
      : createGuard(t, { issuer, audience, permissions });
  const { open, signedIn, allowed, router, responseMeta } = guard;
  const notes = router({
    health: open("load balancers ask").query(() => "ok"),
    me: signedIn.query(({ ctx }) => ctx.principal.id),
    add: allowed("notes:write")
      .input(z.strictObject({ title: z.string() }))
      .mutation(({ ctx, input }) => ({ ...input, by: ctx.principal.id })),
  });
  return { router: notes, responseMeta };
}

export type NotesRouter = ReturnType<typeof createNotesApi>["router"];
