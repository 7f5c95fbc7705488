import { createClient } from "@countersign/client";
import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import type { AppRouter } from "../server/router.ts";

/** The API's identifier, and where all of it is served. */
export const { origin } = location;

/** In cookie mode, as pages are: the refresh token is in a cookie that no script reads. */
export const countersign = createClient({ url: `${origin}/auth`, client: "web", audiences: [origin] });
const { session } = countersign;

// The SDK repeats by itself what may be repeated.
export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
// Whatever was fetched belongs to the account that fetched it.
session.onAccountChange(() => queryClient.clear());

/** The tRPC client that an app has anyway: one link more, and the session's fetch. */
const client = createTRPCClient<AppRouter>({
  links: [session.link(), httpBatchStreamLink({ url: `${origin}/trpc`, transformer: superjson, fetch: session.fetch })],
});
export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient });
