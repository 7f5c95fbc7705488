import type { httpBatchStreamLink, httpSubscriptionLink, Operation, TRPCClient } from "@trpc/client";
import { httpLink } from "@trpc/client/links/httpLink";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Session } from "../session/session.ts";
import type { SessionEventSourceClass } from "../streams/event-source.ts";
import { loadStreams } from "../streams/load-streams.ts";
import { createCalls } from "./calls.ts";
import { eitherLink } from "./either-link.ts";
import { laterLink } from "./later-link.ts";
import { loadBatches } from "./load-batches.ts";

/** tRPC's own options of its batch links. */
type LinkOptions<Router extends AnyTRPCRouter> = Parameters<typeof httpBatchStreamLink<Router>>[0];
type EventOptions<Router extends AnyTRPCRouter> = Parameters<
  typeof httpSubscriptionLink<Router, SessionEventSourceClass>
>[0];

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
 * rest in batches, and a subscription is an event stream, to which `headers` do not apply. For other links, put
 * `session.link()` into a client of your own.
 */
export function connect<Router extends AnyTRPCRouter>(
  session: Pick<Session, "link" | "fetch"> & Partial<Pick<Session, "EventSource">>,
  { audience: _, batch = "stream", ...rest }: ConnectOptions<Router>,
): TRPCClient<Router> {
  const { link, fetch, EventSource } = session;
  // tRPC's options and nothing else; without its argument the type cannot say so.
  const options = { ...rest, fetch } as unknown as LinkOptions<Router>;
  const alone = httpLink<Router>(options as Parameters<typeof httpLink<Router>>[0]);
  const [load, batched] =
    batch === "together"
      ? [loadBatches, laterLink(loadBatches, ({ httpBatchLink }) => httpBatchLink<Router>(options))]
      : [loadStreams, laterLink(loadStreams, ({ httpBatchStreamLink }) => httpBatchStreamLink<Router>(options))];
  // On its way while the session finds out who is signed in; a call that needs it hears if it failed.
  if (batch !== "none") load().catch(() => undefined);
  const eventOptions = { ...rest, url: String(rest.url), EventSource } as unknown as EventOptions<Router>;
  const events = laterLink(loadStreams, ({ httpSubscriptionLink }) =>
    httpSubscriptionLink<Router, SessionEventSourceClass>(eventOptions),
  );
  const calls = eitherLink(({ input }) => batch === "none" || isNoJson(input), alone, batched);
  const isEvents = ({ type }: Operation) => EventSource !== undefined && type === "subscription";
  return createCalls(link<Router>(), eitherLink(isEvents, events, calls));
}

function isNoJson(input: unknown): boolean {
  return input instanceof FormData || input instanceof Blob || input instanceof Uint8Array;
}
