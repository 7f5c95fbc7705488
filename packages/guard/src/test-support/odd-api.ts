import { Refusal } from "@countersign/tokens";
import { type AnyTRPCRouter, initTRPC, lazy, TRPCError, type TRPCRuntimeConfigOptions } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import type { Desk } from "./desk.ts";
import { noted } from "./recorded.ts";

interface OddContext {
  readonly auth: Facts;
  readonly meta: string | undefined;
  readonly told: unknown[];
}

type Config = TRPCRuntimeConfigOptions<OddContext, object>;

/** An API in which everything happens that can happen to a call. */
export function createOddApi(desk: Desk, config: Config) {
  const t = initTRPC.context<OddContext>().create({ isDev: false, ...config });
  const guard = createGuard(t, {
    issuer: desk.verifier,
    audience: AUDIENCE,
    permissions: ["notes:read", "notes:share"],
    maxBatchSize: 4,
    world: desk.world,
    dpop: { publicUrl: "https://public.example/trpc" },
  });
  const { open, signedIn, allowed } = guard;
  const anybody = open("everybody").use(({ ctx, signal, path, type, batchIndex, next }) => {
    ctx.told.push({ procedure: { signal: noted(signal), path, type, batchIndex } });
    return next();
  });
  const named = anybody.query(({ path }) => path);
  const page = guard.router({ read: anybody.query(() => "a page") });
  const router = guard.router({
    open: anybody.query(() => "hello"),
    echo: anybody.input(z.unknown()).query(({ input }) => ({ input, told: String(noted(input)) })),
    keep: anybody.input(z.unknown()).mutation(({ input }) => ({ input })),
    save: anybody.input(z.strictObject({ text: z.string() })).mutation(({ input }) => input.text),
    raw: anybody
      .use(async ({ getRawInput, next }) => next({ ctx: { raw: [await getRawInput(), await getRawInput()] } }))
      .query(({ ctx }) => ({ same: Object.is(ctx.raw[0], ctx.raw[1]), raw: ctx.raw[0] })),
    me: signedIn.query(({ ctx }) => ctx.principal.id),
    settings: {
      mail: signedIn.query(() => ({ email: "ann@example.com", subscribe: true })),
      topic: signedIn.query(() => ({ title: "news", subscribe: () => "a method" })),
    },
    share: allowed("notes:share").mutation(() => "shared"),
    notes: {
      list: allowed("notes:read").query(() => [{ id: 1 }]),
      "with.dot": anybody.query(() => "dotted"),
      valueOf: named,
    },
    toString: named,
    "100%": anybody.query(() => "everything"),
    pages: lazy(async () => page),
    ticks: anybody.subscription(async function* () {
      yield 1;
    }),
    failing: {
      error: anybody.query(() => {
        throw new Error("a failure with details");
      }),
      text: anybody.query(() => {
        throw "a text";
      }),
      nothing: anybody.query(() => {
        throw undefined;
      }),
      record: anybody.query(() => {
        throw { code: "FORBIDDEN", message: "no error at all" };
      }),
      conflict: anybody.input(z.string()).mutation(({ input }) => {
        throw new TRPCError({ code: "CONFLICT", message: `taken: ${input}`, cause: new Error("the row") });
      }),
      refusal: anybody.query(() => {
        throw new Refusal("not_found", { detail: "a refusal of the procedure's own" });
      }),
      formatted: anybody
        .errors(({ shape }) => ({ ...shape, message: "formatted here" }))
        .query(() => {
          throw new TRPCError({ code: "IM_A_TEAPOT" as "CONFLICT" });
        }),
      output: anybody.output(z.number()).query(() => "no number" as unknown as number),
    },
    results: {
      undefined: anybody.query(() => undefined),
      null: anybody.query(() => null),
      empty: anybody.query(() => ""),
      list: anybody.query(() => [1, "two", null]),
      big: anybody.query(() => "äöü€𝄞".repeat(100_000)),
      special: anybody.query(() => ({ at: new Date(0), map: new Map([["a", new Set([1])]]), not: Number.NaN })),
      bigint: anybody.query(() => 7n),
      circle: anybody.query(() => {
        const circle: { self?: unknown } = {};
        circle.self = circle;
        return circle;
      }),
      toJson: anybody.query(() => ({ toJSON: () => "by toJSON" })),
      promise: anybody.query(() => ({ later: Promise.resolve(1) })),
      // biome-ignore lint/suspicious/noThenProperty: what a procedure might answer
      thenable: anybody.query(() => ({ almost: { then: 1, catch: () => 2 } })),
      stream: anybody.query(async function* () {
        yield 1;
      }),
      inner: anybody.query(() => ({ ticks: (async function* () {})() })),
      deep: anybody.query(() => ({ a: { later: Promise.resolve(1) } })),
    },
    cookie: anybody.mutation(() => "set"),
  });
  return { guard, router: router as AnyTRPCRouter };
}

/** A context that does what the request's own headers ask for. */
export async function createOddContext(
  { req, res, info }: { req: FastifyRequest; res: FastifyReply; info: TRPCRequestInfo },
  told: unknown[],
): Promise<OddContext> {
  const asked = req.headers["x-context"];
  if (asked === "throws") throw new Error("no context");
  if (asked === "refuses") throw new TRPCError({ code: "TOO_MANY_REQUESTS", message: "later" });
  if (asked === "reads")
    told.push({ read: noted(await info.calls[0]?.getRawInput().catch((cause: unknown) => cause)) });
  if (asked === "sets") res.header("set-cookie", "c=context").header("vary", "x").header("x-context", "1").code(201);
  const meta = req.headers["x-meta"];
  return { auth: facts(req), meta: typeof meta === "string" ? meta : undefined, told };
}

/** What `responseMeta` answers, by what the request asks for. */
export const oddMetas: Readonly<Record<string, (tries: number) => { status?: number; headers?: unknown }>> = {
  status: () => ({ status: 418 }),
  "status 0": () => ({ status: 0 }),
  "status 200": () => ({ status: 200 }),
  "status 204": () => ({ status: 204 }),
  "status 304": () => ({ status: 304 }),
  "status 99": () => ({ status: 99 }),
  "status 700": () => ({ status: 700 }),
  "status 404.5": () => ({ status: 404.5 }),
  headers: () => ({
    headers: new Headers({ "Cache-Control": "no-store", "X-A": "1", vary: "origin", "content-type": "a/b" }),
  }),
  record: () => ({ headers: { "Cache-Control": "private", "x-many": ["1", "2"], vary: "origin", "x-no": undefined } }),
  cookies: () => ({
    headers: new Headers([
      ["set-cookie", "a=1; Path=/"],
      ["Set-Cookie", "b=2"],
      ["a", "z"],
    ]),
  }),
  "cookies of old": () => ({ headers: { "set-cookie": ["a=1", "b=2"] } }),
  "a bad name": () => ({ headers: { "x y": "1" } }),
  "a bad value": () => ({ headers: { "x-fine": ["1"], "x-bad": "1\n2" } }),
  throws: () => {
    throw new Error("no meta");
  },
  "throws once": (tries) => {
    if (tries === 0) throw new TRPCError({ code: "CONFLICT", message: "once" });
    return { headers: new Headers({ "x-tries": String(tries) }) };
  },
};
