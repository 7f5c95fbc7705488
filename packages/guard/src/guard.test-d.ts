import type { IncomingMessage } from "node:http";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { initTRPC, lazy, type TRPCMiddlewareFunction } from "@trpc/server";
import type { CreateAWSLambdaContextOptions } from "@trpc/server/adapters/aws-lambda";
import type { FetchCreateContextFnOptions } from "@trpc/server/adapters/fetch";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { FastifyRequest } from "fastify";
import superjson from "superjson";
import { z } from "zod";
import {
  type AccessTable,
  type AccountPrincipal,
  createGuard,
  type Facts,
  facts,
  type Policy,
  type Principal,
  type Reason,
  type Verifier,
} from "./index.ts";
import { callAs, type TestIssuer } from "./testing.ts";

// Compiled, not run: whatever stands here must compile, and whatever `@ts-expect-error` stands over must not.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
declare function yes<T extends true>(): T;
declare function no<T extends false>(): T;

interface Note {
  readonly owner: string;
}
interface Context {
  readonly auth: Facts;
  readonly db: { note(id: string): Promise<Note> };
}
declare const verifier: Verifier;

const t = initTRPC
  .context<Context>()
  .meta<{ readonly title?: string }>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, mine: 1 } }),
  });

const guard = createGuard(t, {
  issuer: verifier,
  permissions: ["notes:read", "notes:write"],
  claims: z.object({ plan: z.enum(["free", "pro"]) }),
  base: t.procedure.use(({ next }) => next({ ctx: { started: 0 } })),
  enrich: async (principal, ctx) => {
    yes<Equals<typeof principal, Principal<"notes:read" | "notes:write", { plan: "free" | "pro" }>>>();
    yes<Equals<typeof ctx.started, number>>();
    return { note: await ctx.db.note(principal.id) };
  },
});
const { open, signedIn, allowed, router } = guard;

type Permission = "notes:read" | "notes:write";
type Account = AccountPrincipal<Permission, { plan: "free" | "pro" }>;

// What a procedure knows.
const me = signedIn.query(({ ctx }) => {
  no<IsAny<typeof ctx>>();
  no<IsAny<typeof ctx.principal>>();
  yes<Equals<typeof ctx.principal, Account>>();
  yes<Equals<typeof ctx.principal.claims.plan, "free" | "pro">>();
  yes<Equals<typeof ctx.note, Note>>();
  yes<Equals<typeof ctx.started, number>>();
  no<IsAny<typeof ctx.db>>();
  ctx.principal.can("notes:read");
  // @ts-expect-error: none of this API's permissions
  ctx.principal.can("notes:purge");
  // @ts-expect-error: a principal is read, not written
  ctx.principal.id = "root";
  // @ts-expect-error: its permissions too
  ctx.principal.permissions.add("notes:write");
  return { id: ctx.principal.id, at: new Date(0) };
});
const list = allowed("notes:read").query(({ ctx }) => {
  yes<Equals<typeof ctx.principal, Principal<Permission, { plan: "free" | "pro" }>>>();
  // @ts-expect-error: a service has no session
  ctx.principal.session;
  return ctx.principal.kind === "account" ? ctx.principal.session : ctx.principal.client;
});
const edit = allowed("notes:read", "notes:write")
  .meta({ title: "Edit" })
  .input(z.object({ id: z.string() }))
  .mutation(({ input, ctx }) => `${input.id} ${ctx.note.owner}`);
const some = allowed.any("notes:read", "notes:write").query(() => 1);
const health = open("a load balancer asks").query(({ ctx }) => {
  yes<Equals<typeof ctx.principal, null>>();
  // @ts-expect-error: nobody was identified, so nothing was added
  ctx.note;
  return ctx.started;
});
const feed = open.orSignedIn("public, personalised").query(({ ctx }) => {
  yes<Equals<typeof ctx.principal, Account | null>>();
  yes<Equals<typeof ctx.note, Note | undefined>>();
  return ctx.principal?.id ?? null;
});

// Jobs in this process.
const job: Facts = guard.asService("nightly", { permissions: ["notes:write"] });
// @ts-expect-error: none of this API's permissions
guard.asService("nightly", { permissions: ["notes:purge"] });
// @ts-expect-error: a job does something
guard.asService("nightly");

// Callers of tests.
const test: Facts[] = [
  callAs({ account: "ann" }),
  callAs({ account: "ann", permissions: ["whatever"], org: "acme", claims: { plan: "free" }, acr: "2fa" }),
  callAs({ service: "nightly", permissions: ["whatever"] }),
  callAs<typeof guard>({ account: "ann", permissions: ["notes:read"] }),
];
// @ts-expect-error: none of this API's permissions
callAs<typeof guard>({ account: "ann", permissions: ["notes:raed"] });
// @ts-expect-error: nobody
callAs({ permissions: ["notes:read"] });
// @ts-expect-error: two at once
callAs({ account: "ann", service: "nightly" });
declare const issuer: TestIssuer;
issuer.token<typeof guard>({ account: "ann", permissions: ["notes:read"] }, { expiresIn: 60 });
// @ts-expect-error: none of this API's permissions
issuer.token<typeof guard>({ account: "ann", permissions: ["notes:raed"] });
createGuard(t, { issuer: issuer.verifier, permissions: ["a:b"] });

// What does not compile.
const bare = () => t.procedure.query(() => 1);
// @ts-expect-error: a misspelt permission
allowed("notes:raed");
// @ts-expect-error: a misspelt one among others
allowed("notes:read", "notes:wriet");
// @ts-expect-error: no permission
allowed();
// @ts-expect-error: no permission either
allowed.any();
// @ts-expect-error: open wants to know why
open();
// @ts-expect-error: open is no procedure
open.query(() => 1);
// @ts-expect-error: two policies
signedIn.concat(allowed("notes:read"));
// @ts-expect-error: two policies, input between them
signedIn.input(z.string()).concat(allowed("notes:read"));
// @ts-expect-error: two policies, open first
open("x").concat(signedIn);
const early = t.procedure.input(z.string()).concat(signedIn);
// @ts-expect-error: input is read before the policy
router({ early: early.query(() => 1) });
const claimed = t.procedure.meta({ title: "x", ...{ "~policy": { signedIn: true } } });
// @ts-expect-error: a policy that only the meta claims
router({ claimed: claimed.query(() => 1) });
const several: Record<string, typeof me | ReturnType<typeof bare>> = {};
// @ts-expect-error: a record of procedures, some of them perhaps bare
router(several);
// @ts-expect-error: a bare procedure
router({ list: t.procedure.query(() => 1) });
// @ts-expect-error: a bare procedure beside guarded ones
router({ me, list: t.procedure.query(() => 1) });
// @ts-expect-error: a bare procedure in a record
router({ notes: { me, deep: { list: t.procedure.query(() => 1) } } });
// @ts-expect-error: a bare procedure in a router
router({ notes: t.router({ list: t.procedure.query(() => 1) }) });
// @ts-expect-error: a bare procedure in a record in a router
router({ notes: t.router({ deep: { list: t.procedure.query(() => 1) } }) });
// @ts-expect-error: a bare procedure in a lazy router
router({ notes: lazy(async () => t.router({ list: t.procedure.query(() => 1) })) });
// @ts-expect-error: a builder that nobody ended
router({ me: signedIn });
// @ts-expect-error: the guard has no bare procedure
guard.procedure;

const appRouter = router({
  health,
  feed,
  me,
  notes: { list, edit, some },
  inner: router({ me, deeper: { list } }),
  own: t.router({ me }),
  lazily: lazy(async () => router({ list })),
});
type AppRouter = typeof appRouter;
const merged = guard.mergeRouters(router({ me }), router({ list }));
const api = guard.createCallerFactory(appRouter)({
  auth: facts(new Headers()),
  db: { note: async () => ({ owner: "" }) },
});
const id: Promise<string> = api.me().then((answer) => answer.id);
const table: AccessTable = guard.accessTable(merged);
const sealed: Promise<AccessTable> = guard.seal(appRouter);

// The literal policy is in the router's type, so clients know it.
type PolicyAt<P extends { meta: object }> = P["meta"] extends { readonly "~policy"?: infer Pol }
  ? NonNullable<Pol>
  : never;
yes<Equals<PolicyAt<AppRouter["me"]>, { readonly signedIn: true }>>();
const purge = signedIn({ within: 300 }).mutation(({ ctx }) => {
  yes<Equals<typeof ctx.principal, Account>>();
  yes<Equals<typeof ctx.note, Note>>();
});
yes<Equals<PolicyAt<typeof purge>, { readonly signedIn: true; readonly within: 300 }>>();
// @ts-expect-error it has to say how old
signedIn({});
yes<Equals<PolicyAt<AppRouter["notes"]["list"]>, { readonly allowed: readonly ["notes:read"] }>>();
yes<Equals<PolicyAt<AppRouter["notes"]["edit"]>, { readonly allowed: readonly ["notes:read", "notes:write"] }>>();
yes<Equals<PolicyAt<AppRouter["notes"]["some"]>, { readonly allowedAny: readonly ["notes:read", "notes:write"] }>>();
yes<Equals<PolicyAt<AppRouter["health"]>, { readonly open: "a load balancer asks" }>>();
yes<Equals<PolicyAt<AppRouter["feed"]>, { readonly orSignedIn: "public, personalised" }>>();
yes<Equals<PolicyAt<AppRouter["inner"]["deeper"]["list"]>, { readonly allowed: readonly ["notes:read"] }>>();
yes<Equals<PolicyAt<AppRouter["lazily"]["list"]>, { readonly allowed: readonly ["notes:read"] }>>();
declare const anyPolicy: PolicyAt<AppRouter["notes"]["edit"]>;
const policy: Policy = anyPolicy;

// What a client sees: the transformer's types, and a refusal's data beside the user's own.
const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: "", transformer: superjson })] });
const answer = await client.me.query();
no<IsAny<typeof answer>>();
yes<Equals<typeof answer, { id: string; at: Date }>>();
type Shape = AppRouter["me"]["_def"]["$types"]["errorShape"];
declare const shape: Shape;
no<IsAny<typeof shape.data>>();
const reason: Reason | undefined = shape.data.reason;
const ran: false | undefined = shape.data.ran;
const retryAfter: number | undefined = shape.data.retryAfter;
const mine: number = shape.data.mine;

// A middleware of the user's own behind the policy, reusable, its type written once.
type Knows = { principal: Principal<Permission, unknown> };
const owns: TRPCMiddlewareFunction<Context, object, Knows, { object: Note }, { id: string }> = async ({
  ctx,
  input,
  next,
}) => await next({ ctx: { object: await ctx.db.note(input.id) } });
const owned = allowed("notes:write")
  .input(z.object({ id: z.string() }))
  .use(owns)
  .mutation(({ ctx }) => {
    yes<Equals<typeof ctx.object, Note>>();
    return ctx.object.owner;
  });

// Settings.
const remote = {
  issuer: "https://auth.example",
  audience: "https://api.example",
  permissions: ["a:b"],
} as const;
createGuard(t, { ...remote, revocation: { mode: "until-expiry" } });
createGuard(t, { ...remote, revocation: { mode: "until-expiry" }, fetch });
// @ts-expect-error: the feed is read with a credential
createGuard(t, { ...remote, revocation: { mode: "feed" } });
createGuard(t, {
  ...remote,
  revocation: {
    mode: "feed",
    credential: { id: "api", secret: "s3cret" },
    silence: 30,
    whenSilent: "trust-until-expiry",
  },
});
createGuard(t, { ...remote, revocation: { mode: "poll", credential: async () => "token", maxStale: 30 } });
// @ts-expect-error: how old its knowledge may be is a decision
createGuard(t, { ...remote, revocation: { mode: "poll", credential: async () => "token" } });
// @ts-expect-error: nothing is silent where nothing speaks
createGuard(t, { ...remote, revocation: { mode: "until-expiry", whenSilent: "refuse" } });
// @ts-expect-error: how a revoked token stops working must be written out
createGuard(t, remote);
// @ts-expect-error: no such mode
createGuard(t, { ...remote, revocation: { mode: "never" } });
// @ts-expect-error: an issuer elsewhere needs an audience
createGuard(t, { issuer: remote.issuer, permissions: remote.permissions, revocation: { mode: "until-expiry" } });
// @ts-expect-error: a verifier in this process knows what is revoked
createGuard(t, { issuer: verifier, permissions: remote.permissions, revocation: { mode: "until-expiry" } });
// @ts-expect-error: a base that reads input
createGuard(t, { issuer: verifier, permissions: remote.permissions, base: t.procedure.input(z.string()) });
// @ts-expect-error: a context without facts
createGuard(initTRPC.context<{ db: string }>().create(), { issuer: verifier, permissions: remote.permissions });
// @ts-expect-error: facts of one's own
const forged: Facts = { method: null, contentType: null };

// Without own claims, they are unknown, not any.
const plain = createGuard(initTRPC.context<{ auth: Facts }>().create(), { issuer: verifier, permissions: ["a:b"] });
const plainRouter = plain.router({
  me: plain.signedIn.query(({ ctx }) => {
    no<IsAny<typeof ctx.principal.claims>>();
    no<IsAny<(typeof ctx.principal.claims)["plan"]>>();
    yes<Equals<typeof ctx.principal, AccountPrincipal<"a:b", Readonly<Record<string, unknown>>>>>();
    return ctx.principal.id;
  }),
});

// Every adapter's request.
declare const requests: [
  Request,
  Headers,
  IncomingMessage,
  FastifyRequest,
  CreateAWSLambdaContextOptions<never>["event"],
];
const made: Facts[] = requests.map((request) => facts(request));
const fetchContext = ({ req }: FetchCreateContextFnOptions) => ({ auth: facts(req) });
createHTTPServer({
  router: plainRouter,
  createContext: ({ req }) => ({ auth: facts(req) }),
  responseMeta: plain.responseMeta,
  maxBatchSize: plain.maxBatchSize,
});
// @ts-expect-error: no request
facts("Bearer a");

export const used = [
  id,
  job,
  test,
  table,
  sealed,
  policy,
  reason,
  ran,
  retryAfter,
  mine,
  owned,
  forged,
  made,
  fetchContext,
];
