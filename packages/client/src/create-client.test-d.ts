import type { TRPCLink } from "@trpc/client";
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
} from "@trpc/client";
import superjson from "superjson";
import { createClient } from "./create-client.ts";
import { actions, ClientError, type ClientReason, type reasonOf } from "./index.ts";
import type { badge } from "./testing/badge.ts";
import { NOTES, type NotesRouter } from "./testing/notes.ts";

// Compiled, not run.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
const check = <_ extends true>() => undefined;

const client = createClient({ url: "https://auth.test" });

// The issuer's API is typed with no type argument.
const me = await client.api.account.me.query();
check<Equal<Pick<typeof me, "id" | "email" | "createdAt">, { id: string; email: string; createdAt: number }>>();
check<Equal<(typeof me.roles)[number], string>>();
check<Equal<IsAny<typeof me>, false>>();
check<Equal<IsAny<typeof client.api>, false>>();
check<Equal<IsAny<typeof client.api.users>, false>>();
const users = await client.api.users.list.query({ limit: 10 });
check<Equal<IsAny<(typeof users)[number]>, false>>();
check<Equal<(typeof users)[number]["disabledAt"], number | null>>();
// @ts-expect-error there is no such procedure
client.api.account.nobody.query();
// @ts-expect-error a query is not a mutation
client.api.account.me.mutate();
// @ts-expect-error its input has a type
client.api.users.get.query({ id: 1 });

// A sign-in method of the server's own, by its type.
await client.signIn({ email: "ann@example.com", password: "seven plums in winter" });
await client.signIn.with<typeof badge>("badge", { code: "k-17" });
await client.signIn.with("anything", ["that", { is: "JSON" }]);
// @ts-expect-error a method has one name
await client.signIn.with<typeof badge>("bagde", { code: "k-17" });
// @ts-expect-error its input has a type
await client.signIn.with<typeof badge>("badge", { code: 17 });
// @ts-expect-error and nothing is left out of it
await client.signIn.with<typeof badge>("badge", {});

// Any other guarded API, with its own transformer.
const notes = client.connect<NotesRouter>({ url: NOTES, transformer: superjson });
const who = await notes.who.query();
check<Equal<typeof who, { account: string; at: Date }>>();
check<Equal<IsAny<typeof who>, false>>();
// @ts-expect-error its router has a transformer
client.connect<NotesRouter>({ url: NOTES });
// @ts-expect-error the session brings it
client.connect<NotesRouter>({ url: NOTES, transformer: superjson, fetch });
client.connect<NotesRouter>({ url: new URL(NOTES), transformer: superjson, batch: "together", maxItems: 5 });
client.connect<NotesRouter>({ url: NOTES, transformer: superjson, headers: { "x-own": "1" } });

// What may be called is asked by path.
client.can("users.disable");
// @ts-expect-error there is no such procedure
client.can("users.nobody");
// @ts-expect-error a router is no procedure
client.can("users");
const access = client.accessTo<NotesRouter>(NOTES);
check<
  Equal<Parameters<typeof access.can>[0], "add" | "counts" | "hello" | "moody" | "purge" | "shred" | "ticks" | "who">
>();
check<Equal<IsAny<Parameters<typeof client.can>[0]>, false>>();
// Of a router that nobody knows, any path is asked.
client.accessTo(NOTES).can("anything.goes");

// The session's link and fetch go into anybody's client as they are.
const { session } = client;
const options = { url: NOTES, transformer: superjson, fetch: session.fetch };
createTRPCClient<NotesRouter>({ links: [session.link(), httpLink(options)] });
createTRPCClient<NotesRouter>({ links: [session.link(), httpBatchLink(options)] });
createTRPCClient<NotesRouter>({ links: [session.link(), httpBatchStreamLink(options)] });
createTRPCClient<NotesRouter>({
  links: [
    session.link(),
    splitLink({
      condition: ({ type }) => type === "subscription",
      true: httpSubscriptionLink({ url: NOTES, transformer: superjson, EventSource: session.EventSource }),
      false: httpBatchStreamLink(options),
    }),
  ],
});
check<Equal<ReturnType<typeof session.link<NotesRouter>>, TRPCLink<NotesRouter>>>();
const asFetch: typeof fetch = session.fetch;
void asFetch;

// States and reasons are closed unions.
const { state } = session;
check<Equal<typeof state.status, "unknown" | "signed-out" | "signed-in" | "refreshing" | "offline">>();
// @ts-expect-error who is signed out has no account
state.account;
if (state.status === "signed-in" || state.status === "refreshing") check<Equal<typeof state.account, string>>();
check<Equal<ReturnType<typeof reasonOf>, ClientReason>>();
check<Equal<ClientError["reason"], ClientReason>>();
// @ts-expect-error not a reason
new ClientError("sun_flares");
// @ts-expect-error not a reason
actions.sun_flares;

// Either the link or the secret in it.
const account = { email: "a@example.com", name: "A", password: "a kite over the harbour" };
client.setUp({ ...account, secret: "s" });
client.setUp({ ...account, link: "https://auth.test/setup#s" });
// @ts-expect-error neither
client.setUp(account);
