import type { TRPCLink, TRPCProcedureOptions } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Unsubscribable } from "@trpc/server/observable";
import { failedCall } from "../calls/failed-call.ts";
import type { UntypedCalls } from "../calls/typed-calls.ts";
import { loadStreams } from "./load-streams.ts";

/** Of the callbacks, the one that hears of what was before the subscription. */
type Options = TRPCProcedureOptions & { readonly onError?: ((error: unknown) => void) | undefined };
type Subscribe = (path: string, input: unknown, options: Options) => Unsubscribable & AsyncIterableIterator<unknown>;

/** tRPC's own subscriptions, loaded with the first: told to callbacks, or read by `for await` where there are none. */
export function laterSubscription<Router extends AnyTRPCRouter>(links: TRPCLink<Router>[]) {
  const load = async (): Promise<Subscribe> => {
    const client = (await loadStreams()).createTRPCUntypedClient({ links });
    // Which of the two it is, depends on the options.
    return client.subscription.bind(client) as Subscribe;
  };

  async function* read(...call: Parameters<Subscribe>) {
    yield* (await load())(...call);
  }

  function tell(...call: Parameters<Subscribe>): Unsubscribable {
    const [path, , { onError, context = {} }] = call;
    let subscription: Unsubscribable | undefined;
    let isOver = false;
    load().then(
      (subscribe) => {
        if (!isOver) subscription = subscribe(...call);
      },
      (cause: unknown) => {
        if (!isOver) failedCall(cause, { path, context }).subscribe({ error: (error) => onError?.(error) });
      },
    );
    return {
      unsubscribe() {
        isOver = true;
        subscription?.unsubscribe();
      },
    };
  }

  return ((path: string, input: unknown, options: Options = {}) => {
    const isTold = Object.values(options).some((option) => typeof option === "function");
    return isTold ? tell(path, input, options) : read(path, input, options);
  }) as UntypedCalls["subscription"];
}
