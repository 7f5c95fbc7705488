import { initTRPC, TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import { createDesk } from "../test-support/desk.ts";
import { chainOf } from "./access-table.ts";
import { callChain } from "./chain.ts";

// A check runs what comes after it itself, so whatever that may be has to find what tRPC would give it. Each chain is built
// twice: behind the guard, and behind a middleware of tRPC's that adds the same to the context.

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts; log: string[] }>().meta<{ note?: string }>().create();
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read"],
  world: desk.world,
});
const auth = facts(new Headers({ authorization: `Bearer ${await desk.account()}` }));
const principal = await guard
  .router({ me: guard.signedIn.query(({ ctx }) => ctx.principal) })
  .createCaller({ auth, log: [] })
  .me();

const guarded = guard.signedIn;
const plain = t.procedure.use(({ next }) => next({ ctx: { principal } }));
type Start = typeof plain;
type Procedure = ReturnType<Start["query"]>;

const boom = new TRPCError({ code: "CONFLICT", message: "boom" });
const extra = t.procedure.use(({ next, ctx }) => next({ ctx: { extra: Object.keys(ctx).sort() } }));

const chains: [string, (start: Start) => object][] = [
  ["a resolver", (start) => start.query((call) => seen(call))],
  ["a resolver that throws an error of tRPC's", (start) => start.query(() => Promise.reject(boom))],
  ["a resolver that throws an error of its own", (start) => start.query(() => Promise.reject(new Error("own")))],
  [
    "a resolver that throws no error at all",
    (start) =>
      start.query(() => {
        throw "text";
      }),
  ],
  ["input", (start) => start.input(z.object({ a: z.number() })).query((call) => seen(call))],
  [
    "input in two parts",
    (start) =>
      start
        .input(z.object({ a: z.number() }))
        .input(z.object({ b: z.string().default("b") }))
        .query((call) => seen(call)),
  ],
  ["input that does not fit", (start) => start.input(z.object({ a: z.string() })).query((call) => seen(call))],
  ["output", (start) => start.output(z.object({ ctx: z.unknown() })).query((call) => seen(call))],
  ["output that does not fit", (start) => start.output(z.string()).query((call) => seen(call) as never)],
  ["meta", (start) => start.meta({ note: "x" }).query((call) => seen(call))],
  ["a middleware that adds to the context", (start) => start.concat(extra).query((call) => seen(call))],
  [
    "a middleware that replaces what was added",
    (start) => start.use(({ next }) => next({ ctx: { principal: "nobody" } as never })).query((call) => seen(call)),
  ],
  ["a middleware that passes nothing on", (start) => start.use(({ next }) => next()).query((call) => seen(call))],
  [
    "a middleware that reads the raw input",
    (start) =>
      start
        .use(async ({ next, getRawInput, ctx }) => {
          ctx.log.push(JSON.stringify(await getRawInput()));
          return next({ getRawInput: async () => ({ a: 2 }) } as never);
        })
        .input(z.object({ a: z.number() }))
        .query((call) => seen(call)),
  ],
  [
    "a middleware that calls next twice",
    (start) =>
      start
        .use(async ({ next }) => {
          await next();
          return next();
        })
        .query((call) => seen(call)),
  ],
  [
    "a middleware that sees how it went",
    (start) =>
      start
        .use(async ({ next, ctx }) => {
          const result = await next();
          ctx.log.push(result.ok ? "ok" : result.error.message);
          return result;
        })
        .query(() => Promise.reject(boom)),
  ],
  [
    "a middleware that forgot to return",
    (start) => start.use((async ({ next }: { next(): unknown }) => void (await next())) as never).query(() => 1),
  ],
  [
    "a middleware that throws",
    (start) =>
      start
        .use(() => {
          throw boom;
        })
        .query(() => 1),
  ],
  [
    "many",
    (start) =>
      start
        .concat(extra)
        .input(z.object({ a: z.number() }))
        .use(({ next, input }) => next({ ctx: { twice: input.a * 2 } }))
        .output(z.looseObject({}))
        .query((call) => seen(call)),
  ],
];

function seen({ ctx, ...call }: { readonly ctx: { readonly log: string[] } }) {
  const { log: _, auth: __, ...rest } = ctx as Record<string, unknown>;
  // The functions in there are new ones each time.
  const inCall = Object.entries(call).map(([name, value]) => [name, typeof value === "function" ? "function" : value]);
  return { ...Object.fromEntries(inCall), ctx: rest };
}

type Ask = (ctx: { auth: Facts; log: string[] }) => Promise<unknown>;

const byTrpc =
  (procedure: Procedure): Ask =>
  (ctx) =>
    t
      .createCallerFactory(t.router({ p: procedure }))(ctx)
      .p({ a: 1 } as never);

/** As the straight way does. */
const byItself =
  (procedure: Procedure): Ask =>
  (ctx) =>
    callChain(chainOf(procedure), {
      ...{ path: "p", type: "query", batchIndex: 0, signal: undefined, input: undefined },
      ctx,
      meta: procedure._def.meta,
      getRawInput: async () => ({ a: 1 }),
    });

async function outcome(ask: Ask) {
  const log: string[] = [];
  try {
    const data = await ask({ auth, log });
    return { data, log };
  } catch (error) {
    const { code, message, cause } = error as TRPCError;
    return { code, message, cause: cause?.name, log };
  }
}

describe("what comes after a policy runs as it would behind a middleware of tRPC's", () => {
  test.each(chains)("%s", async (_name, build) => {
    const behindGuard = build(guarded as never) as Procedure;
    guard.router({ p: behindGuard as never });
    const expected = await outcome(byTrpc(build(plain) as Procedure));
    expect(await outcome(byTrpc(behindGuard))).toEqual(expected);
    expect(await outcome(byItself(behindGuard))).toEqual(expected);
    // Somebody who asks for all that there is in a call is given the same.
    if ("data" in expected) expect(expected.data).toMatchObject({ ctx: { principal: expect.anything() } });
  });

  test("in one step with the check: tRPC's own steps cost more than all of it", () => {
    const procedure = guard.signedIn.input(z.string()).query(() => 1);
    const { middlewares } = (procedure as unknown as { _def: { middlewares: readonly unknown[] } })._def;
    expect(middlewares).toHaveLength(3);
    guard.router({ procedure });
    expect(middlewares).toHaveLength(1);
    // It may stand in another router as well, and is not changed again.
    guard.router({ inner: guard.router({ procedure }), other: procedure });
    expect(middlewares).toHaveLength(1);
  });
});
