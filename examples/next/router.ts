import { createGuard, type Facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import { z } from "zod";
import { issuer, permissions } from "./issuer.ts";
import { once } from "./once.ts";

const t = initTRPC.context<{ auth: Facts }>().create();
export const guard = createGuard(t, { issuer: issuer.verifier, permissions });
const { allowed, router, createCallerFactory } = guard;

const notes = once("notes", () => new Map<string, string[]>());

export const appRouter = router({
  list: allowed("notes:read").query(({ ctx }) => notes.get(ctx.principal.id) ?? []),
  add: allowed("notes:write")
    .input(z.strictObject({ text: z.string().max(1000) }))
    .mutation(({ ctx, input }) => {
      notes.set(ctx.principal.id, [...(notes.get(ctx.principal.id) ?? []), input.text]);
    }),
});
export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
