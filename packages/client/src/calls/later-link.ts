import type { OperationLink, TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { laterCall } from "./later-call.ts";

/** A link of tRPC's that not every page needs: loaded and made with the first call that goes through it. */
export function laterLink<Router extends AnyTRPCRouter, Part>(
  load: () => Promise<Part>,
  make: (part: Part) => TRPCLink<Router>,
): TRPCLink<Router> {
  return (runtime) => {
    let link: OperationLink<Router> | undefined;
    return (call) =>
      laterCall(call.op, load, (part) => {
        link ??= make(part)(runtime);
        return link(call);
      });
  };
}
