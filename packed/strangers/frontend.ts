// Somebody's app on the SDK. Compiled, not run: in a browser's project, against nothing but the type of their API.
import { createClient, type IssuerRouter, type Reason, reasonOf } from "@countersign/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "./guarded-router.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <_ extends true>() => undefined;

export const client = createClient({ url: "https://auth.acme.example", client: "app" });
export const { api, session } = client;
export const notes = client.connect<AppRouter>({ url: "https://api.acme.example/trpc" });
// What people give on from their modules has a name wherever it goes.
export const { users } = api;
export const listUsers = (after?: string) => api.users.list.query({ limit: 10, ...(after ? { after } : {}) });
export const rename = notes.notes.rename.mutate;
export const link = session.link<AppRouter>();
export const why = (error: unknown) => reasonOf(error);

type Users = Awaited<ReturnType<typeof listUsers>>;
check<Equal<Users[number]["disabledAt"], number | null>>();
check<Equal<inferRouterInputs<IssuerRouter>["account"]["changePassword"], { current: string; next: string }>>();
check<Equal<inferRouterOutputs<IssuerRouter>["signIn"]["password"], { handoff: string; expiresIn: number }>>();
check<Equal<inferRouterOutputs<AppRouter>["plan"], { plan: "free" | "pro"; greeting: string; at: string }>>();
check<Equal<Awaited<ReturnType<typeof rename>>, { id: string; title: string; by: string }>>();

// Who may call what is in the types: the issuer's and their own.
type PolicyOf<Procedure extends { meta: { "~policy"?: unknown } }> = NonNullable<Procedure["meta"]["~policy"]>;
check<Equal<PolicyOf<IssuerRouter["users"]["list"]>, { readonly allowed: readonly ["users:read"] }>>();
check<Equal<PolicyOf<IssuerRouter["account"]["me"]>, { readonly signedIn: true }>>();
check<Equal<PolicyOf<AppRouter["notes"]["rename"]>, { readonly allowed: readonly ["notes:read", "notes:write"] }>>();
check<Equal<PolicyOf<AppRouter["health"]>, { readonly open: "load balancers ask" }>>();
const reason: Reason = "not_permitted";
check<Equal<Extract<ReturnType<typeof why>, typeof reason>, "not_permitted">>();

// @ts-expect-error there is no such procedure
api.users.nobody;
// @ts-expect-error its input has a type
api.users.get.query({ id: 1 });
// @ts-expect-error a mutation is no query
notes.notes.rename.query;
// @ts-expect-error not a reason
export const wrong: Reason = "sun_flares";
