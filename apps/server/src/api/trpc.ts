import { initTRPC } from "@trpc/server";
import type { Context } from "./context.ts";
import { shapeOf } from "./error-shape.ts";

/** tRPC over our context and our errors. Not for procedures: those come from the guard, so that each has a policy. */
export const t = initTRPC.context<Context>().create({
  isDev: false,
  errorFormatter: ({ error }) => shapeOf(error),
});
