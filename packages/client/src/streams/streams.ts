import { createTRPCUntypedClient, httpBatchStreamLink, httpSubscriptionLink } from "@trpc/client";
import { followEvents } from "./follow-events.ts";
import { subscribe } from "./subscription.ts";

/** What answers need that come bit by bit, of tRPC's and of ours. Loaded apart: see `loadStreams`. */
export const streams = { createTRPCUntypedClient, httpBatchStreamLink, httpSubscriptionLink, followEvents, subscribe };
