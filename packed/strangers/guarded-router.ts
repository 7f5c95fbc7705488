// Somebody's API as they publish its type: everything at the top of a module, with claims and additions of their own.
import { createGuard, type Facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import { z } from "zod";

const t = initTRPC.context<{ auth: Facts; requestId: string }>().create();

const guard = createGuard(t, {
  issuer: "https://auth.acme.example",
  audience: "https://api.acme.example",
  permissions: ["notes:read", "notes:write"],
  claims: z.object({ plan: z.enum(["free", "pro"]) }),
  base: t.procedure.use(({ next }) => next({ ctx: { startedAt: new Date(0) } })),
  enrich: (principal, ctx) => ({ greeting: `${principal.id} ${ctx.requestId}` }),
  revocation: { mode: "until-expiry" },
});

export const { open, signedIn, allowed, router, createCallerFactory } = guard;
// Whatever a guard has can be given on from a module, and has a name there.
export const parts = { ...guard };

const notes = router({
  list: allowed("notes:read").query(() => [{ id: "1", title: "first" }]),
  rename: allowed("notes:read", "notes:write")
    .input(z.strictObject({ id: z.string(), title: z.string() }))
    .mutation(({ ctx, input }) => ({ ...input, by: ctx.principal.id })),
});

export const appRouter = router({
  notes,
  health: open("load balancers ask").query(() => "ok" as const),
  hello: open.orSignedIn("personalised").query(({ ctx }) => ctx.principal?.id ?? null),
  plan: signedIn.query(({ ctx }) => ({ plan: ctx.principal.claims.plan, greeting: ctx.greeting, at: ctx.startedAt })),
});

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
