import { isReason, Refusal } from "@countersign/tokens";
import { initTRPC, TRPCError } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import { createDesk } from "../test-support/desk.ts";
import { post, refusalIn, send } from "../test-support/send.ts";
import type { Verifier } from "../verify/verifier.ts";

const desk = await createDesk();
const common = { audience: AUDIENCE, permissions: ["a:b"], world: desk.world } as const;
const t = initTRPC.context<{ auth: Facts }>().create();

describe("the user's own error shape", () => {
  test("their formatter makes the shape, the guard adds to its data", async () => {
    const theirs = initTRPC.context<{ auth: Facts }>().create({
      errorFormatter: ({ shape, error, path }) => ({
        ...shape,
        message: `mine: ${shape.message}`,
        data: { ...shape.data, mine: path, zod: error.cause instanceof z.ZodError },
      }),
    });
    const guard = createGuard(theirs, { ...common, issuer: desk.verifier });
    const router = guard.router({
      me: guard.signedIn.input(z.string()).query(() => "ran"),
    });
    expect((await send(router, "me")).body.error).toMatchObject({
      message: "mine: no_token",
      data: { mine: "me", zod: false, code: "UNAUTHORIZED", httpStatus: 401, reason: "no_token", ran: false },
    });
    const own = (await send(router, "me", { token: await desk.account() })).body.error;
    expect(own?.data).toMatchObject({ mine: "me", zod: true });
    expect(own?.data).not.toHaveProperty("ran");
  });

  test("a formatter that hides everything still lets the reason through", async () => {
    const theirs = initTRPC.context<{ auth: Facts }>().create({
      errorFormatter: ({ shape }) => ({ code: shape.code, message: "no", data: {} }),
    });
    const guard = createGuard(theirs, { ...common, issuer: desk.verifier });
    const answer = await send(guard.router({ me: guard.signedIn.query(() => 1) }), "me");
    expect(answer.body.error).toEqual({ code: -32001, message: "no", data: { reason: "no_token", ran: false } });
    expect(answer.status).toBe(401);
  });

  test("the formatter of their base comes first, as it would without a guard", async () => {
    const base = t.procedure.errors(({ shape }) => ({ ...shape, data: { ...shape.data, fromBase: true } }));
    const guard = createGuard(t, { ...common, issuer: desk.verifier, base });
    const router = guard.router({
      me: guard.signedIn.query(() => {
        throw new TRPCError({ code: "CONFLICT" });
      }),
    });
    expect((await send(router, "me")).body.error?.data).toMatchObject({
      fromBase: true,
      reason: "no_token",
      ran: false,
    });
    const own = await send(router, "me", { token: await desk.account() });
    expect(own.body.error?.data).toMatchObject({ fromBase: true, code: "CONFLICT" });
    expect(own.body.error?.data).not.toHaveProperty("ran");
  });

  test("a formatter of the procedure itself sees its own errors, not the guard's", async () => {
    const guard = createGuard(t, { ...common, issuer: desk.verifier });
    const builder = guard.signedIn.errors(({ shape }) => ({ ...shape, data: { ...shape.data, fromProcedure: true } }));
    const router = guard.router({ me: builder.input(z.string()).query(() => 1) });
    expect((await send(router, "me")).body.error?.data).not.toHaveProperty("fromProcedure");
    const token = await desk.account();
    expect((await send(router, "me", { token })).body.error?.data).toMatchObject({ fromProcedure: true });
  });

  test("ASVS 16.5.1: a refusal sends no stack and no detail, in development too", async () => {
    const dev = initTRPC.context<{ auth: Facts }>().create({ isDev: true });
    const guard = createGuard(dev, { ...common, issuer: desk.verifier });
    const answer = await send(guard.router({ me: guard.signedIn.query(() => 1) }), "me", { token: "forged" });
    expect(answer.body.error?.data).toEqual({
      code: "UNAUTHORIZED",
      httpStatus: 401,
      path: "me",
      reason: "token_invalid",
      ran: false,
    });
  });

  test("the log gets the refusal, with its detail", async () => {
    const guard = createGuard(t, { ...common, issuer: desk.verifier });
    const errors: TRPCError[] = [];
    const router = guard.router({ me: guard.signedIn.query(() => 1) });
    await send(router, "me", { token: "forged", onError: (error) => void errors.push(error) });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.cause).toBeInstanceOf(Refusal);
    expect(errors[0]?.cause).toMatchObject({ detail: "not three segments" });
  });
});

describe("who may say that a call has not run", () => {
  const guard = createGuard(t, { ...common, issuer: desk.verifier });
  let ran = 0;
  const inner = guard.router({ secret: guard.allowed("a:b").query(() => 1) });
  const callInner = guard.createCallerFactory(inner);
  const router = guard.router({
    unauthorized: guard.open("x").query(() => {
      throw new TRPCError({ code: "UNAUTHORIZED" });
    }),
    borrowed: guard.open("x").query(() => {
      throw new TRPCError({ code: "UNAUTHORIZED", cause: new Refusal("token_expired") });
    }),
    thrown: guard.open("x").query(() => {
      throw new Refusal("token_expired");
    }),
    nested: guard.open("x").mutation(async ({ ctx }) => {
      ran += 1;
      return await callInner(ctx).secret();
    }),
    nestedMiddleware: guard
      .open("x")
      .use(async ({ ctx, next }) => {
        await callInner(ctx).secret();
        return next();
      })
      .query(() => 1),
    stream: guard.open("x").query(async function* ({ ctx }) {
      yield 1;
      yield await callInner(ctx).secret();
    }),
    promise: guard.open("x").query(({ ctx }) => ({ a: 1, later: callInner(ctx).secret() })),
    within: guard.open("x").query(({ ctx }) => ({
      a: Promise.resolve({
        async *b() {},
        c: (async function* () {
          yield { d: callInner(ctx).secret() };
        })(),
      }),
    })),
    observable: guard.open("x").subscription(({ ctx }) => forwarding(callInner(ctx).secret())),
    account: guard.signedIn.subscription(({ ctx }) => forwarding(callInner(ctx).secret())),
  });
  const forwarding = (secret: Promise<unknown>) =>
    observable<unknown>((observer) => void secret.catch((cause: unknown) => observer.error(cause)));

  test.each(["unauthorized", "borrowed"])("no procedure that throws UNAUTHORIZED (%s)", async (path) => {
    const answer = await send(router, path);
    expect(refusalIn(answer)).toEqual({ reason: undefined, ran: undefined, status: 401 });
  });

  test("no procedure that throws a Refusal of its own", async () => {
    expect(refusalIn(await send(router, "thrown"))).toEqual({ reason: undefined, ran: undefined, status: 500 });
  });

  test("no call that a refused call was nested in: it has run", async () => {
    const answer = await post(router, "nested", {});
    expect(refusalIn(answer)).toEqual({ reason: undefined, ran: undefined, status: 401 });
    expect(ran).toBe(1);
    expect(refusalIn(await send(router, "nestedMiddleware"))).toEqual({
      reason: undefined,
      ran: undefined,
      status: 401,
    });
  });

  test("no middleware before the policy that made another call", async () => {
    const base = t.procedure.use(async ({ ctx, next }) => {
      await callInner(ctx).secret();
      return next();
    });
    const calling = createGuard(t, { ...common, issuer: desk.verifier, base });
    const answer = await send(calling.router({ open: calling.open("x").query(() => 1) }), "open");
    expect(refusalIn(answer)).toEqual({ reason: undefined, ran: undefined, status: 401 });
  });

  test.each(["stream", "promise", "within"])(
    "no stream that had begun (%s)",
    async (path) => {
      const answer = await send(router, `${path}?batch=1&input={}`, {
        headers: { "trpc-accept": "application/jsonl" },
      });
      expect(answer.text).toContain("UNAUTHORIZED");
      expect(answer.text).not.toContain("ran");
      expect(answer.text).not.toContain("reason");
    },
    5_000,
  );

  test.each(["observable", "account"])(
    "no subscription that forwards another call's error (%s)",
    async (path) => {
      const answer = await send(router, path, { token: await desk.account({ permissions: [] }) });
      expect(answer.text).toContain("FORBIDDEN");
      expect(answer.text).not.toContain("ran");
      expect(answer.text).not.toContain("reason");
    },
    5_000,
  );

  test("the nested call's own caller sees the refusal", async () => {
    const caller = callInner({ auth: facts(new Headers()) });
    await expect(caller.secret()).rejects.toMatchObject({ code: "UNAUTHORIZED", cause: { reason: "no_token" } });
  });

  test("what a refusal asks to wait or to prove again stands beside its reason", async () => {
    const busy: Verifier = {
      ...desk.verifier,
      verify: () => Promise.reject(new Refusal("unavailable", { retryAfter: 7.2 })),
    };
    const waiting = createGuard(t, { ...common, issuer: busy });
    const answer = await send(waiting.router({ me: waiting.signedIn.query(() => 1) }), "me", { token: "a" });
    expect(answer.body.error?.data).toMatchObject({ reason: "unavailable", ran: false, retryAfter: 7.2 });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("8");
    expect(answer.headers.get("www-authenticate")).toBe(null);
  });
});

describe("corpus 17, ASVS 16.5.3: nothing that breaks lets anybody in", () => {
  const secret = "postgres://user:password@db";
  const broken: [string, () => Partial<Verifier>][] = [
    ["verify rejects", () => ({ verify: () => Promise.reject(new Error(secret)) })],
    [
      "verify throws",
      () => ({
        verify: () => {
          throw new Error(secret);
        },
      }),
    ],
    ["verify rejects with nothing", () => ({ verify: () => Promise.reject() })],
    ["verify answers nothing", () => ({ verify: () => Promise.resolve(undefined as never) })],
    [
      "verify answers a token of nobody",
      () => ({ verify: async (_, audience) => ({ issuer: desk.verifier.issuer, audience, jkt: null }) as never }),
    ],
    [
      "judge throws",
      () => ({
        judge: () => {
          throw new Error(secret);
        },
      }),
    ],
    ["judge rejects", () => ({ judge: () => Promise.reject(new Error(secret)) })],
  ];

  test.each(broken)("%s: 500, and not a word about it", async (_what, change) => {
    const guard = createGuard(t, { ...common, issuer: { ...desk.verifier, ...change() } });
    const router = guard.router({
      me: guard.signedIn.query(() => "ran"),
      greet: guard.open.orSignedIn("x").query(() => "ran"),
      b: guard.allowed("a:b").query(() => "ran"),
    });
    for (const path of ["me", "greet", "b"]) {
      const answer = await send(router, path, { token: await desk.account() });
      expect(refusalIn(answer)).toEqual({ reason: "internal", ran: false, status: 500 });
      expect(answer.text).not.toContain("postgres");
    }
  });

  test("a verifier that lets another issuer's or audience's token pass, or says neither", async () => {
    for (const change of [
      { issuer: "https://evil.example" },
      { audience: "https://other.example" },
      { issuer: undefined as never },
    ]) {
      const verify: Verifier["verify"] = async (token, audience) => ({
        ...(await desk.verifier.verify(token, audience)),
        ...change,
      });
      const guard = createGuard(t, { ...common, issuer: { ...desk.verifier, verify } });
      const router = guard.router({ me: guard.signedIn.query(() => "ran") });
      expect(refusalIn(await send(router, "me", { token: await desk.account() })).reason).toBe("token_invalid");
    }
  });

  test.each<[string, () => unknown]>([
    ["rejects", () => Promise.reject(new Error(secret))],
    [
      "throws",
      () => {
        throw new Error(secret);
      },
    ],
    ["throws a text", () => Promise.reject(secret)],
  ])("enrich %s: 500, and not a word about it", async (_what, enrich) => {
    const guard = createGuard(t, { ...common, issuer: desk.verifier, enrich: enrich as () => { nothing: true } });
    const answer = await send(guard.router({ me: guard.signedIn.query(() => "ran") }), "me", {
      token: await desk.account(),
    });
    expect(refusalIn(answer)).toEqual({ reason: "internal", ran: false, status: 500 });
    expect(answer.text).not.toContain("postgres");
  });

  test.each<[string, unknown]>([
    ["no context", undefined],
    ["no facts", {}],
    ["facts of somebody's own", { auth: { method: "GET", contentType: null, authorization: [] } }],
    ["a principal in their place", { auth: { principal: { kind: "account", id: "root" } }, principal: { id: "root" } }],
  ])("a context with %s: 500, for open procedures as well", async (_what, ctx) => {
    const guard = createGuard(t, { ...common, issuer: desk.verifier });
    const router = guard.router({ open: guard.open("x").query(() => 1), me: guard.signedIn.query(() => 1) });
    const caller = guard.createCallerFactory(router)(ctx as { auth: Facts });
    await expect(caller.me()).rejects.toMatchObject({ cause: { reason: "internal" } });
    await expect(caller.open()).rejects.toMatchObject({ cause: { reason: "internal" } });
  });

  test("every reason that a refused call names is one of the union", async () => {
    const guard = createGuard(t, { ...common, issuer: desk.verifier });
    const answer = await send(guard.router({ me: guard.signedIn.query(() => 1) }), "me");
    expect(isReason(refusalIn(answer).reason)).toBe(true);
  });
});

describe("the request itself", () => {
  const guard = createGuard(t, { ...common, issuer: desk.verifier });
  const router = guard.router({
    write: guard.open("x").mutation(() => "ran"),
    read: guard.open("x").query(() => "ran"),
  });

  test.each([
    ["multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--'],
    ["application/octet-stream", "bytes"],
    ["application/json, text/plain", "{}"],
  ])("corpus 61: a POST of %s is refused, on open procedures too", async (type, body) => {
    const answer = await send(router, "write", { method: "POST", headers: { "content-type": type }, body });
    expect(answer.status).toBe(415);
    expect(answer.body).not.toHaveProperty("result");
  });

  test("corpus 61: what tRPC itself would have let in, the guard refuses with a reason", async () => {
    for (const type of ["multipart/form-data; boundary=x", "application/octet-stream"]) {
      const answer = await send(router, "write", {
        method: "POST",
        headers: { "content-type": type },
        body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
      });
      expect(refusalIn(answer)).toEqual({ reason: "unsupported_media_type", ran: false, status: 415 });
    }
  });

  test.each([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    "application/json;charset=utf-8",
  ])("a POST of %s is served", async (type) => {
    const answer = await post(router, "write", {}, { headers: { "content-type": type } });
    expect(answer.body.result?.data).toBe("ran");
  });

  test("ASVS 3.5.3: a GET changes nothing, also where an adapter would let it", async () => {
    const get = facts(new Request("https://api.example/"));
    const put = facts(new Request("https://api.example/", { method: "PUT" }));
    const caller = guard.createCallerFactory(router);
    await expect(caller({ auth: get }).write()).rejects.toMatchObject({ cause: { reason: "method_not_allowed" } });
    await expect(caller({ auth: put }).read()).rejects.toMatchObject({ cause: { reason: "method_not_allowed" } });
    expect(await caller({ auth: get }).read()).toBe("ran");
    expect((await send(router, "write")).status).toBe(405);
  });
});
