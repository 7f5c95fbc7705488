import { getTRPCErrorShape, initTRPC, lazy, TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";

// What the guard leans on and tRPC does not promise. When one of these fails after an update of tRPC, the place that leans
// on it is named beside it; the guard itself fails closed.
const t = initTRPC.create();
const pass = t.middleware(({ next }) => next());

interface Def {
  readonly middlewares: readonly { readonly _type?: string }[];
  readonly caller?: unknown;
  readonly inputs: readonly unknown[];
}
const defOf = (built: object) => (built as { _def: Def })._def;

describe("tRPC keeps", () => {
  test("a procedure's middlewares as the functions that were given, in order (router/access-table.ts)", () => {
    const mine = ({ next }: { next(): Promise<never> }) => next();
    const { middlewares } = defOf(
      t.procedure
        .use(pass)
        .use(mine as never)
        .query(() => 1),
    );
    expect(middlewares.indexOf(mine as never)).toBe(1);
    expect(middlewares).toHaveLength(3);
  });

  test("the middlewares of what is concatenated as the same functions (router/access-table.ts)", () => {
    const plugin = t.procedure.use(pass);
    const [function_] = defOf(plugin).middlewares;
    expect(defOf(t.procedure.concat(plugin)).middlewares).toEqual([function_]);
  });

  test("the mark of input on its middleware, and only there (router/access-table.ts)", () => {
    const types = defOf(
      t.procedure
        .use(pass)
        .input(z.string())
        .output(z.string())
        .query(() => ""),
    ).middlewares;
    expect(types.map(({ _type }) => _type)).toEqual([undefined, "input", "output", undefined]);
  });

  test("the very list that it runs, so that freezing it holds (router/access-table.ts)", async () => {
    const procedure = t.procedure.query(() => "ran");
    const middlewares = defOf(procedure).middlewares as unknown[];
    middlewares.unshift(() => {
      throw new TRPCError({ code: "FORBIDDEN" });
    });
    await expect(t.createCallerFactory(t.router({ procedure }))({}).procedure()).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
  });

  test("a list of its own for each procedure, so that changing one changes no other (router/access-table.ts)", () => {
    const builder = t.procedure.use(pass);
    const lists = [builder, builder.query(() => 1), builder.query(() => 2)].map((built) => defOf(built).middlewares);
    expect(new Set(lists).size).toBe(3);
  });

  test("another caller in the definition (router/access-table.ts, procedures.ts)", () => {
    expect(defOf(t.procedure.experimental_caller(async () => 1)).caller).toBeTypeOf("function");
    expect(defOf(t.procedure.experimental_caller(async () => 1).query(() => 1)).caller).toBeTypeOf("function");
  });

  test("its mark on a lazy router, and takes the ref of an inner one into the outer (router/lazy-routers.ts)", async () => {
    const part = lazy(async () => t.router({ list: t.procedure.query(() => "first") }));
    const other = lazy(async () => t.router({ list: t.procedure.query(() => "second") }));
    expect("lazyMarker" in part).toBe(true);
    expect("lazyMarker" in t.procedure.query(() => 1)).toBe(false);
    const inner = t.router({ part });
    const [loader] = Object.values(inner._def.lazy);
    expect(loader?.ref).toBe(part);
    Object.assign(loader ?? {}, { ref: other });
    const outer = t.router({ inner });
    expect(Object.keys(outer._def.lazy)).toEqual(["inner.part"]);
    expect(await outer.createCaller({}).inner.part.list()).toBe("second");
  });

  test("the first formatter's shape of an error, and finds it again (refusal/refused-call.ts)", async () => {
    const error = new TRPCError({ code: "FORBIDDEN" });
    const procedure = t.procedure
      .errors(({ shape }) => ({ ...shape, message: "outer" }))
      .errors(({ shape }) => ({ ...shape, message: "inner" }))
      .query(() => {
        throw error;
      });
    const config = t._config;
    const about = { config, error, type: "query", path: "p", input: undefined, ctx: {} } as const;
    expect(getTRPCErrorShape(about).message).toBe("FORBIDDEN");
    await expect(t.createCallerFactory(t.router({ procedure }))({}).procedure()).rejects.toBe(error);
    expect(getTRPCErrorShape(about).message).toBe("inner");
  });

  test("what a procedure is called with, so that one can be called for the sake of its formatter (refusal/refused-call.ts)", async () => {
    const error = new TRPCError({ code: "FORBIDDEN" });
    const note = t.procedure
      .errors(({ shape }) => ({ ...shape, message: "noted" }))
      .query(({ input }) => {
        throw input;
      });
    const about = { type: "query", path: "p", input: error, ctx: {} } as const;
    const call = note({ ...about, batchIndex: 0, getRawInput: async () => undefined, signal: undefined });
    await expect(call).rejects.toBe(error);
    expect(getTRPCErrorShape({ config: t._config, error, ...about }).message).toBe("noted");
  });

  test("an error's stack out of its shape where there is none (refusal.ts)", () => {
    const dev = initTRPC.create({ isDev: true });
    const error = new TRPCError({ code: "FORBIDDEN" });
    const shape = () =>
      getTRPCErrorShape({ config: dev._config, error, type: "query", path: "p", input: undefined, ctx: {} });
    expect(shape().data).toHaveProperty("stack");
    Object.defineProperty(error, "stack", { value: undefined });
    expect(shape().data).not.toHaveProperty("stack");
  });

  test("the number of a call in its batch, 0 for a single one (decision/check.ts)", async () => {
    const seen: number[] = [];
    const counted = t.procedure.use(({ next, batchIndex }) => {
      seen.push(batchIndex);
      return next();
    });
    const router = t.router({ a: counted.query(() => 1) });
    await router.createCaller({}).a();
    const { fetchRequestHandler } = await import("@trpc/server/adapters/fetch");
    await fetchRequestHandler({ endpoint: "", router, req: new Request("https://x.example/a,a,a?batch=1&input={}") });
    expect(seen).toEqual([0, 0, 1, 2]);
  });
});
