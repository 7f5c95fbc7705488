import type { OperationLink, TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Streams } from "./load-streams.ts";
import { streamCall } from "./stream-call.ts";

/** A link of tRPC's whose answers come bit by bit, made with the first call that goes through it. */
export function streamLink<Router extends AnyTRPCRouter>(
  make: (streams: Streams) => TRPCLink<Router>,
): TRPCLink<Router> {
  return (runtime) => {
    let link: OperationLink<Router> | undefined;
    return (call) =>
      streamCall(call.op, (streams) => {
        link ??= make(streams)(runtime);
        return link(call);
      });
  };
}
