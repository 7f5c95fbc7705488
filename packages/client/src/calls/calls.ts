import type { Operation, TRPCClient, TRPCLink, TRPCProcedureOptions } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observableToPromise } from "@trpc/server/observable";
import { laterSubscription } from "../streams/later-subscription.ts";
import { failedCall } from "./failed-call.ts";
import { typedCalls, type UntypedCalls } from "./typed-calls.ts";

/**
 * What tRPC's `createTRPCClient` makes, for a page that begins with queries and mutations: the rest of @trpc/client comes
 * with the first subscription.
 */
export function createCalls<Router extends AnyTRPCRouter>(...links: TRPCLink<Router>[]): TRPCClient<Router> {
  const runtime = {};
  const nobody = (op: Operation) => failedCall<Router>(new TypeError("no link sends calls"), op);
  const send = links.reduceRight((next, link) => {
    const call = link(runtime);
    return (op) => call({ op, next });
  }, nobody);
  let id = 0;

  const call =
    (type: "query" | "mutation"): UntypedCalls["query"] =>
    async (path, input, { context = {}, signal }: TRPCProcedureOptions = {}) => {
      const op: Operation = { id: ++id, type, path, input, context, signal };
      const failed = (cause: unknown) => observableToPromise(failedCall<Router>(cause, op));
      const { result } = await observableToPromise(send(op)).catch(failed);
      return (result as { readonly data?: unknown }).data;
    };

  return typedCalls({
    query: call("query"),
    mutation: call("mutation"),
    subscription: laterSubscription(links),
  }) as TRPCClient<Router>;
}
