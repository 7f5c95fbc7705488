import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  isNonJsonSerializable,
  splitLink,
  type TRPCClient,
} from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Session } from "./session.ts";

/** tRPC's own options of its batch links. */
type LinkOptions<Router extends AnyTRPCRouter> = Parameters<typeof httpBatchStreamLink<Router>>[0];

/** tRPC's own options of its batch links, and which of them to take. */
export type ConnectOptions<Router extends AnyTRPCRouter> = LinkOptions<Router> & {
  /** The API's identifier in tokens; the origin of `url` unless given. */
  readonly audience?: string;
  /** Answers as they come (`stream`, the default), all of a batch at once, or each call in a request of its own. */
  readonly batch?: "stream" | "together" | "none";
  /** The session brings it. */
  readonly fetch?: never;
};

/**
 * A client for any guarded API. It is `session.link()` before tRPC's own links: what cannot be JSON goes by itself, the
 * rest in batches. For other links (subscriptions), put `session.link()` into a client of your own.
 */
export function connect<Router extends AnyTRPCRouter>(
  session: Pick<Session, "link" | "fetch">,
  { audience: _, batch = "stream", ...rest }: ConnectOptions<Router>,
): TRPCClient<Router> {
  // tRPC's options and nothing else; without its argument the type cannot say so.
  const options = { ...rest, fetch: session.fetch } as unknown as LinkOptions<Router>;
  const alone = httpLink<Router>(options as Parameters<typeof httpLink<Router>>[0]);
  const batched = batch === "together" ? httpBatchLink<Router>(options) : httpBatchStreamLink<Router>(options);
  const condition = ({ input }: { readonly input: unknown }) => batch === "none" || isNonJsonSerializable(input);
  return createTRPCClient<Router>({
    links: [session.link<Router>(), splitLink({ condition, true: alone, false: batched })],
  });
}
