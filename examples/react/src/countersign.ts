import { createClient } from "@countersign/client";
import type { NotesRouter } from "@countersign/notes/router";
import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import superjson from "superjson";

const issuer = import.meta.env["VITE_ISSUER"] ?? "https://localhost:8443";
const notes = import.meta.env["VITE_NOTES"] ?? "http://localhost:3000";

export const { session, signIn, signUp } = createClient({ url: issuer, client: "web", audiences: [notes] });

export const queryClient = new QueryClient();
// Whatever was fetched belongs to the account that fetched it.
session.onAccountChange(() => queryClient.clear());

/** The tRPC client that an app has anyway: one link more, and the session's fetch. */
const client = createTRPCClient<NotesRouter>({
  links: [session.link(), httpBatchStreamLink({ url: `${notes}/trpc`, transformer: superjson, fetch: session.fetch })],
});
export const trpc = createTRPCOptionsProxy<NotesRouter>({ client, queryClient });
