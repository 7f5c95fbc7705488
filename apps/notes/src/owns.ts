import type { Principal } from "@countersign/guard";
import { TRPCError, type TRPCMiddlewareFunction } from "@trpc/server";
import type { Note } from "./notes.ts";
import type { Context } from "./trpc.ts";

type Owns = TRPCMiddlewareFunction<Context, object, { principal: Principal }, { note: Note }, { id: number }>;

/** The policy has said that the caller may write notes; this says which ones: their own. Another's is not found. */
export const owns: Owns = async ({ ctx, input, next }) => {
  const note = ctx.notes.byId(input.id);
  if (note?.owner !== ctx.principal.id) throw new TRPCError({ code: "NOT_FOUND" });
  return await next({ ctx: { note } });
};
