import { createGuard, type Facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import { issuer, permissions } from "./issuer.ts";

const t = initTRPC.context<{ auth: Facts }>().create({ transformer: superjson });
export const guard = createGuard(t, { issuer: issuer.verifier, permissions });
const { allowed, router } = guard;

const notes = new Map<string, { text: string; at: Date }[]>();

export const appRouter = router({
  list: allowed("notes:read").query(({ ctx }) => notes.get(ctx.principal.id) ?? []),
  add: allowed("notes:write")
    .input(z.strictObject({ text: z.string().max(1000), at: z.date() }))
    .mutation(({ ctx, input }) => {
      notes.set(ctx.principal.id, [...(notes.get(ctx.principal.id) ?? []), input]);
    }),
});
export type AppRouter = typeof appRouter;
