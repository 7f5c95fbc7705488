import type { Operation } from "@trpc/client";
import { httpLink } from "@trpc/client/links/httpLink";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Answers } from "./link-types.ts";

/**
 * A call that fails and does not go out. Its error is tRPC's own, around what stood in the way: what its links make of a
 * network that failed. The class itself comes only with all that @trpc/client has.
 */
export function failedCall<Router extends AnyTRPCRouter>(
  cause: unknown,
  { path, context }: Pick<Operation, "path" | "context">,
) {
  const fail = httpLink<AnyTRPCRouter>({ url: "", fetch: () => Promise.reject(cause) })({});
  const next = (op: Operation) => fail({ op, next });
  return next({ id: 0, type: "mutation", path, context, input: undefined, signal: undefined }) as Answers<Router>;
}
