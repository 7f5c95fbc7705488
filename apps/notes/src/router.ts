import { z } from "zod";
import { owns } from "./owns.ts";
import { allowed, open, router } from "./trpc.ts";

const content = { title: z.string().trim().min(1).max(200), text: z.string().max(20_000) };
const byId = z.strictObject({ id: z.int() });

export const appRouter = router({
  health: open("load balancers ask").query(() => "ok"),

  notes: {
    list: allowed("notes:read").query(({ ctx }) => ctx.notes.ownedBy(ctx.principal.id)),
    get: allowed("notes:read")
      .input(byId)
      .use(owns)
      .query(({ ctx }) => ctx.note),
    create: allowed("notes:write")
      .input(z.strictObject(content))
      .mutation(({ ctx, input }) => ctx.notes.add({ owner: ctx.principal.id, ...input })),
    update: allowed("notes:write")
      .input(byId.extend(content))
      .use(owns)
      .mutation(({ ctx, input }) => ctx.notes.update(input)),
    remove: allowed("notes:write")
      .input(byId)
      .use(owns)
      .mutation(({ ctx }) => ctx.notes.remove(ctx.note.id)),
  },

  /** Everybody's notes, for whoever answers for them. */
  moderation: {
    list: allowed("notes:moderate").query(({ ctx }) => ctx.notes.all()),
    remove: allowed("notes:moderate")
      .input(byId)
      .mutation(({ ctx, input }) => ctx.notes.remove(input.id)),
  },
});

export type NotesRouter = typeof appRouter;
