import { createGuard, type Facts, type Verifier } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import { access } from "./access.ts";
import { now } from "./world.ts";

interface Note {
  readonly id: number;
  readonly text: string;
  readonly at: Date;
}

const t = initTRPC.context<{ auth: Facts }>().create({ transformer: superjson });
const { audience, permissions, procedures } = access;

/** The API: one board of notes. @param issuer whose tokens it takes */
export function createRouter(issuer: Verifier) {
  const { allowed, router } = createGuard(t, { issuer, audience, permissions });
  const board: Note[] = [];
  return router({
    list: allowed(...procedures.list.allowed).query(() => board.toReversed()),
    add: allowed(...procedures.add.allowed)
      .input(z.strictObject({ text: z.string().trim().min(1).max(1000) }))
      .mutation(({ input }) => {
        board.push({ id: board.length + 1, text: input.text, at: now() });
      }),
  });
}
export type AppRouter = ReturnType<typeof createRouter>;
