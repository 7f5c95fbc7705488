import type { AccessTable } from "@countersign/tokens";
import type { AnyTRPCRouter } from "@trpc/server";
import { accessTable } from "./access-table.ts";

/**
 * Loads every lazy router, those inside lazy routers too, and answers the whole access table.
 *
 * @throws {TypeError} naming the path of a procedure without exactly one policy before its input; whatever a lazy
 * router's import throws.
 */
export async function seal(router: AnyTRPCRouter): Promise<AccessTable> {
  for (let [loader] = Object.values(router._def.lazy); loader; [loader] = Object.values(router._def.lazy)) {
    await loader.load().catch(rethrowSentence);
  }
  return accessTable(router);
}

/** At start-up the sentence that a caller must not see is what is wanted. */
function rethrowSentence(cause: unknown): never {
  throw cause instanceof Error && cause.cause instanceof TypeError ? cause.cause : cause;
}
