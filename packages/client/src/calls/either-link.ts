import type { Operation, TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** One of two links, call by call. */
export function eitherLink<Router extends AnyTRPCRouter>(
  isFirst: (op: Operation) => boolean,
  first: TRPCLink<Router>,
  second: TRPCLink<Router>,
): TRPCLink<Router> {
  return (runtime) => {
    const [one, other] = [first(runtime), second(runtime)];
    return (call) => (isFirst(call.op) ? one(call) : other(call));
  };
}
