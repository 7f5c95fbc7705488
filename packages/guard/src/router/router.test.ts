import { type AnyTRPCRouter, initTRPC, lazy } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import { createDesk } from "../test-support/desk.ts";
import { send } from "../test-support/send.ts";
import { assertLazyChecked } from "./lazy-routers.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().meta<object>().create();
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:write"],
  world: desk.world,
});
const { open, signedIn, allowed } = guard;
const ok = signedIn.query(() => "ok");
const bare = t.procedure.query(() => "bare");

/** A builder, past the compiler. */
interface Loose {
  concat(builder: object): Loose;
  use(middleware: unknown): Loose;
  query(resolver: () => unknown): object;
}
const loose = (builder: object) => builder as Loose;

/** Builds a router past the compiler, as JavaScript would. */
const build = (routes: object): AnyTRPCRouter => guard.router(routes as Record<string, never>) as AnyTRPCRouter;

describe("server case 10: every procedure has exactly one policy, or the router is not built", () => {
  test.each<[string, () => object, string]>([
    ["a bare procedure", () => ({ ok, list: bare }), "list: no policy"],
    ["a bare one in a record", () => ({ notes: { ok, deep: { list: bare } } }), "notes.deep.list: no policy"],
    ["a bare one in a router", () => ({ notes: t.router({ list: bare }) }), "notes.list: no policy"],
    [
      "input before the policy",
      () => ({
        list: t.procedure
          .input(z.string())
          .concat(signedIn)
          .query(() => 1),
      }),
      "list: input is read before the policy",
    ],
    [
      "two policies",
      () => ({
        list: loose(signedIn)
          .concat(allowed("notes:read"))
          .query(() => 1),
      }),
      "list: more than one policy",
    ],
    ["the same policy twice", () => ({ list: signedIn.concat(signedIn).query(() => 1) }), "list: more than one policy"],
    [
      "open after a policy",
      () => ({
        list: loose(signedIn)
          .concat(open("x"))
          .query(() => 1),
      }),
      "list: more than one policy",
    ],
    [
      "a policy only in meta",
      () => ({ list: t.procedure.meta({ "~policy": { signedIn: true }, policy: { signedIn: true } }).query(() => 1) }),
      "list: no policy",
    ],
    [
      "another caller",
      () => ({ list: signedIn.experimental_caller(async () => "past the guard").query(() => 1) }),
      "list: experimental_caller",
    ],
    ["a function that is no procedure", () => ({ list: async () => "anything" }), "list: not a procedure"],
    ["a builder that nobody ended", () => ({ notes: { list: signedIn } }), "notes.list: not a procedure; end it"],
    ["a text", () => ({ notes: { list: "ok" } }), "notes.list: not a procedure"],
    ["nothing", () => ({ list: null }), "list: not a procedure"],
    ["a class", () => ({ list: class {} }), "list: not a procedure"],
    ["a procedure spread into an object", () => ({ list: { ...ok } }), "not a procedure"],
    [
      "the guard's middleware marked onto another function",
      () => ({
        list: loose(t.procedure)
          .use(Object.assign(async ({ next }: { next(): Promise<never> }) => await next(), markOf(ok)))
          .query(() => 1),
      }),
      "list: no policy",
    ],
  ])("%s", (_what, routes, sentence) => {
    expect(() => build(routes())).toThrow(sentence);
  });

  test("mergeRouters refuses as router does", () => {
    const good = guard.router({ ok });
    expect(() => guard.mergeRouters(good, t.router({ list: bare }))).toThrow("list: no policy");
    expect(guard.accessTable(guard.mergeRouters(good, guard.router({ other: ok })))).toEqual({
      ok: { signedIn: true },
      other: { signedIn: true },
    });
  });

  test("the user's own middlewares may stand on both sides of the policy", () => {
    const before = t.procedure.use(({ next }) => next());
    const router = build({
      list: before
        .concat(signedIn)
        .use(({ next }) => next())
        .input(z.string())
        .query(() => 1),
    });
    expect(guard.accessTable(router)).toEqual({ list: { signedIn: true } });
  });

  test("what was looked at is what runs: the chain cannot be changed afterwards", () => {
    const procedure = signedIn.query(() => 1);
    guard.router({ procedure });
    const { middlewares } = procedure._def as unknown as { middlewares: unknown[] };
    expect(() => middlewares.splice(0)).toThrow(TypeError);
  });
});

/** Everything that is on a guard's middleware, to be copied. */
function markOf(procedure: unknown): object {
  const { middlewares } = (procedure as { _def: { middlewares: object[] } })._def;
  return Object.assign(
    {},
    ...middlewares.flatMap((middleware) =>
      Object.getOwnPropertySymbols(middleware).map((key) => ({ [key]: Reflect.get(middleware, key) })),
    ),
    ...middlewares,
  );
}

describe("the access table", () => {
  test("says each policy as it was written, in order of the paths", () => {
    const router = guard.router({
      z: open("a load balancer asks").query(() => 1),
      notes: {
        list: allowed("notes:read").query(() => 1),
        edit: allowed("notes:read", "notes:write").mutation(() => 1),
        some: allowed.any("notes:read", "notes:write").query(() => 1),
      },
      feed: open.orSignedIn("public, personalised").query(() => 1),
      me: ok,
    });
    expect(JSON.stringify(guard.accessTable(router))).toBe(
      JSON.stringify({
        feed: { orSignedIn: "public, personalised" },
        me: { signedIn: true },
        "notes.edit": { allowed: ["notes:read", "notes:write"] },
        "notes.list": { allowed: ["notes:read"] },
        "notes.some": { allowedAny: ["notes:read", "notes:write"] },
        z: { open: "a load balancer asks" },
      }),
    );
  });

  test("meta says nothing about it, and cannot be made to", () => {
    const router = guard.router({
      list: allowed("notes:read")
        .meta({ "~policy": { open: "no" } } as object)
        .query(() => 1),
    });
    expect(guard.accessTable(router)).toEqual({ list: { allowed: ["notes:read"] } });
  });

  test("is nobody's to change", () => {
    const table = guard.accessTable(guard.router({ list: allowed("notes:read").query(() => 1) })) as Record<
      string,
      { allowed: string[] }
    >;
    expect(() => Object.assign(table, { list: { open: "x" } })).toThrow(TypeError);
    expect(() => Object.assign(table["list"] ?? {}, { allowed: [] })).toThrow(TypeError);
    expect(() => table["list"]?.allowed.pop()).toThrow(TypeError);
  });
});

describe("server case 10: lazy routers", () => {
  const lazily = (routes: () => AnyTRPCRouter) => lazy(async () => routes());

  test("appear in the table once they are sealed, however deep", async () => {
    const innermost = () => guard.router({ list: ok });
    const inner = () => guard.router({ innermost: lazily(innermost), list: ok });
    const router = build({ ok, notes: { inner: lazily(inner) } });
    expect(Object.keys(guard.accessTable(router))).toEqual(["ok"]);
    expect(await guard.seal(router)).toEqual({
      ok: { signedIn: true },
      "notes.inner.list": { signedIn: true },
      "notes.inner.innermost.list": { signedIn: true },
    });
    expect(await guard.seal(router)).toEqual(guard.accessTable(router));
  });

  const unguarded = lazily(() => t.router({ list: bare }));
  const hiding: [string, () => AnyTRPCRouter, string][] = [
    ["bare", () => build({ admin: unguarded }), "admin.list"],
    ["bare in a record", () => build({ a: { admin: unguarded } }), "a.admin.list"],
    ["bare in somebody's own router", () => build({ a: t.router({ admin: unguarded }) }), "a.admin.list"],
    ["bare inside a lazy one", () => build({ a: lazily(() => t.router({ admin: unguarded })) }), "a.admin.list"],
    ["bare behind mergeRouters", () => guard.mergeRouters(t.router({ admin: unguarded })), "admin.list"],
    ["bare in a part of another router", () => build({ a: build({ admin: unguarded }) }), "a.admin.list"],
  ];

  test.each(hiding)("an unguarded one is refused when sealed: %s", async (_what, make) => {
    await expect(guard.seal(make())).rejects.toThrow("admin.list: no policy");
  });

  test.each(hiding)("an unguarded one is refused when called, sealed or not: %s", async (_what, make, path) => {
    const answer = await send(make(), path);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('"bare"');
  });

  test("a refusal names the whole path, and a router within another its own", async () => {
    const fresh = () => lazily(() => t.router({ list: bare }));
    await expect(guard.seal(build({ a: { admin: fresh() } }))).rejects.toThrow(/^a\.admin\.list: no policy/);
    await expect(guard.seal(build({ a: build({ admin: fresh() }) }))).rejects.toThrow(/^admin\.list: no policy/);
  });

  test("one that the guard could not check makes no router", () => {
    expect(() => assertLazyChecked(t.router({ admin: unguarded }))).toThrow("admin: a lazy router that");
    expect(() => assertLazyChecked(guard.router({ ok }))).not.toThrow();
  });

  test("an unguarded one is refused at its first call, for ever, and without a word about it", async () => {
    const router = build({ admin: lazily(() => t.router({ list: bare, ok })) });
    for (const path of ["admin.list", "admin.list", "admin.ok"]) {
      const answer = await send(router, path);
      expect(answer.status).toBe(500);
      expect(answer.text).not.toMatch(/bare|policy/);
    }
    const caller = guard.createCallerFactory(router)({ auth: facts(new Headers()) });
    await expect((caller as unknown as { admin: { list(): Promise<string> } }).admin.list()).rejects.toThrow(
      "internal",
    );
  });

  test("a hundred first calls at once get through to nothing unguarded", async () => {
    const router = build({ admin: lazily(() => t.router({ list: bare })) });
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(router, "admin.list")));
    expect(answers.filter((answer) => answer.status !== 500)).toEqual([]);
  });

  test("one that loads another router each time runs only the one that was looked at", async () => {
    let loads = 0;
    const changing = lazy(async () => {
      loads += 1;
      return loads === 1 ? guard.router({ list: ok }) : t.router({ list: bare });
    });
    const router = build({ a: changing, b: changing });
    expect(await guard.seal(router)).toEqual({ "a.list": { signedIn: true }, "b.list": { signedIn: true } });
    expect((await send(router, "b.list")).status).toBe(401);
    expect(loads).toBe(1);
  });

  test("one whose import fails says so when sealed", async () => {
    const router = build({ admin: lazy(() => Promise.reject(new Error("no such module"))) });
    await expect(guard.seal(router)).rejects.toThrow("no such module");
  });
});

describe("the procedures of another guard", () => {
  test("are guarded procedures: an API may have two guards", async () => {
    const admin = createGuard(t, {
      issuer: desk.verifier,
      audience: "https://admin.example",
      permissions: ["all:do"],
      world: desk.world,
    });
    const router = guard.router({ ok, admin: { all: admin.allowed("all:do").query(() => "done") } });
    expect(guard.accessTable(router)).toEqual({ ok: { signedIn: true }, "admin.all": { allowed: ["all:do"] } });
    const token = await desk.account({ audience: "https://admin.example", permissions: ["all:do"] });
    expect((await send(router, "admin.all", { token })).body.result?.data).toBe("done");
    expect((await send(router, "ok", { token })).status).toBe(401);
    expect((await send(router, "admin.all", { token: await desk.account({ permissions: ["all:do"] }) })).status).toBe(
      401,
    );
  });

  test("corpus 12: two guards share no memory of tokens", async () => {
    const admin = createGuard(t, {
      issuer: desk.verifier,
      audience: "https://admin.example",
      permissions: ["notes:read"],
      world: desk.world,
    });
    const router = guard.router({ ok, admin: admin.signedIn.query(() => "admin") });
    const token = await desk.account();
    expect((await send(router, "ok", { token })).status).toBe(200);
    expect((await send(router, "ok", { token })).status).toBe(200);
    expect((await send(router, "admin", { token })).status).toBe(401);
  });
});
