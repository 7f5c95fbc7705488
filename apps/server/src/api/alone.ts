import { Refusal } from "@countersign/tokens";
import type { Context } from "./context.ts";
import { t } from "./trpc.ts";

/**
 * For procedures that take a credential: each attempt is a request of its own, so that limits before us count it as well.
 * Stands before the input, which would otherwise be read for nothing.
 */
export const alone = t.middleware(({ ctx, next }) => {
  const { calls }: Context = ctx;
  if (calls > 1) throw new Refusal("batch_refused");
  return next();
});
