import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const scratch = new URL(".declarations/", import.meta.url);

/** Somebody's API: their own `t`, and of the guard everything that leaves a trace in a type. */
const api = {
  "trpc.ts": `
    import { createGuard, type Facts } from "@countersign/guard";
    import { initTRPC } from "@trpc/server";
    import superjson from "superjson";
    import { z } from "zod";
    import type { Database } from "./internals.ts";

    const t = initTRPC.context<{ auth: Facts; db: Database }>().create({
      transformer: superjson,
      errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, mine: 1 } }),
    });
    export const guard = createGuard(t, {
      issuer: "https://auth.example",
      audience: "https://api.example",
      permissions: ["notes:read", "notes:write"],
      claims: z.object({ plan: z.enum(["free", "pro"]) }),
      base: t.procedure.use(({ next }) => next({ ctx: { started: 0 } })),
      enrich: async (principal, ctx) => ({ note: await ctx.db.noteOf(principal.id) }),
      revocation: { mode: "until-expiry" },
    });
    export const { open, signedIn, allowed, router, createCallerFactory, mergeRouters } = guard;
  `,
  "internals.ts": `
    export interface Database { noteOf(id: string): Promise<string> }
  `,
  "router.ts": `
    import { lazy } from "@trpc/server";
    import { z } from "zod";
    import { allowed, createCallerFactory, mergeRouters, open, router, signedIn } from "./trpc.ts";

    const notes = router({
      list: allowed("notes:read").query(() => [{ id: "1", at: new Date() }]),
      some: allowed.any("notes:read", "notes:write").query(({ ctx }) => ctx.note),
      edit: allowed("notes:write").input(z.strictObject({ id: z.string() })).mutation(({ input }) => input.id),
      ticks: signedIn.subscription(async function* () {
        yield 1;
      }),
    });
    export const appRouter = mergeRouters(
      router({
        health: open("the load balancer asks").query(() => "ok"),
        feed: open.orSignedIn("personal").query(({ ctx }) => ctx.principal?.id),
        me: signedIn.query(({ ctx }) => ctx.principal),
        notes,
      }),
      router({ later: lazy(async () => notes) }),
    );
    export type AppRouter = typeof appRouter;
    export const createCaller = createCallerFactory(appRouter);
  `,
};

/** Whoever has nothing but the emitted types. */
const consumer = `
  import { createTRPCClient, httpBatchLink } from "@trpc/client";
  import superjson from "superjson";
  import type { AppRouter } from "./types/router.js";

  type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  declare function yes<T extends true>(): T;
  const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: "", transformer: superjson })] });
  const list = await client.notes.list.query();
  yes<Equals<typeof list, { id: string; at: Date }[]>>();
  const later = await client.later.some.query();
  yes<Equals<typeof later, string>>();
  type Policy = NonNullable<AppRouter["notes"]["edit"]["meta"]["~policy"]>;
  yes<Equals<Policy, { readonly allowed: readonly ["notes:write"] }>>();
  type Data = AppRouter["me"]["_def"]["$types"]["errorShape"]["data"];
  yes<Equals<Data["ran"], false | undefined>>();
  yes<Equals<Data["mine"], number>>();
  // @ts-expect-error: no such procedure
  client.notes.purge;
`;

function compile(options: object, files: readonly string[]): string {
  const compilerOptions = { skipLibCheck: false, sourceMap: false, ...options };
  const config = { extends: "../../tsconfig.base.json", compilerOptions, files };
  writeFileSync(new URL("tsconfig.json", scratch), JSON.stringify(config));
  try {
    return execFileSync("tsc", ["-p", ".", "--checkers", "1"], { cwd: scratch, encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const emitted = (name: string) => readFileSync(new URL(`types/${name}.d.ts`, scratch), "utf8");
const namedIn = (text: string) =>
  [...new Set([...text.matchAll(/import\("@countersign\/guard"\)\.(\w+)/g)].map(([, name = ""]) => name))].sort();

beforeAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(new URL("src/", scratch), { recursive: true });
  for (const [name, text] of Object.entries(api)) writeFileSync(new URL(`src/${name}`, scratch), text);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the types that a guarded API emits", () => {
  test("name nothing but packages that whoever uses them has, and are small", { timeout: 120_000 }, () => {
    const options = { noEmit: false, emitDeclarationOnly: true, rootDir: "src", outDir: "types" };
    expect(
      compile(
        options,
        Object.keys(api).map((name) => `src/${name}`),
      ),
    ).toBe("");
    const router = emitted("router");
    const modules = [...router.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, name = ""]) => name);
    expect(new Set(modules)).toEqual(new Set(["@countersign/guard", "@trpc/server", "./internals.ts"]));
    expect(namedIn(router)).toEqual(["AccountPrincipal", "Facts", "RefusableShape"]);
  });

  test("stand alone, without the API's source and with every library checked", { timeout: 120_000 }, () => {
    rmSync(new URL("src/", scratch), { recursive: true });
    // TypeScript 7.0 is silent about a name that an emitted `import(…).Name<…>` does not find, so each is imported too.
    const names = namedIn(emitted("router") + emitted("trpc"));
    const types = `import type { ${names.join(", ")} } from "@countersign/guard";\n`;
    writeFileSync(new URL("consumer.ts", scratch), types + consumer);
    // An app in a browser, whose types @trpc/client counts on.
    const lib = ["es2024", "esnext.typedarrays", "esnext.disposable", "dom", "dom.iterable"];
    expect(compile({ noEmit: true, lib }, ["consumer.ts"])).toBe("");
  });
});
