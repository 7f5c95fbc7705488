import { once } from "node:events";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from "@trpc/client";
import { initTRPC, lazy } from "@trpc/server";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE } from "../../tokens/src/testing/forge.ts";
import { fastifyGuardPlugin } from "./fastify.ts";
import { createGuard } from "./guard.ts";
import { type Facts, facts, type RequestLike } from "./request/facts.ts";
import type { PluginOptions } from "./straight/plugin-options.ts";
import { createDesk } from "./test-support/desk.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts; res?: FastifyReply }>().create({ isDev: false });
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:share"],
  maxBatchSize: 4,
  world: desk.world,
});
const { open, signedIn, allowed } = guard;
let ran: unknown[] = [];
const router = guard.router({
  hello: open("x").query(() => "hello"),
  me: signedIn.query(({ ctx }) => ctx.principal.id),
  share: allowed("notes:share").mutation(() => ran.push("share")),
  signIn: open("x").mutation(() => ran.push("attempt")),
  enter: open("x")
    .input(z.string())
    .mutation(({ ctx, input }) => {
      ctx.res?.header("set-cookie", `session=${input}`);
      return input;
    }),
  keep: open("x")
    .input(z.unknown())
    .mutation(({ input }) => {
      ran.push(input);
      return Object.keys(input as object);
    }),
});
const createContext = ({ req, res }: { req: RequestLike; res: FastifyReply }) => ({ auth: facts(req), res });
const { responseMeta, maxBatchSize } = guard;

const apps: FastifyInstance[] = [];
afterEach(async () => {
  ran = [];
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function host(): FastifyInstance {
  const app = fastify({ routerOptions: { maxParamLength: 20_000 } });
  apps.push(app);
  return app;
}

async function start(trpcOptions: object = { responseMeta, maxBatchSize }, prepare?: (app: FastifyInstance) => void) {
  const app = host();
  prepare?.(app);
  await app.register(fastifyGuardPlugin, { prefix: "/trpc", trpcOptions: { router, createContext, ...trpcOptions } });
  return app;
}

const post = (app: FastifyInstance, url: string, payload: string, type = "application/json") =>
  app.inject({ method: "POST", url, payload, headers: { "content-type": type } });

describe("the plugin refuses to start", () => {
  const strangers = t.router({ bare: t.procedure.query(() => "anybody") });
  test.each([
    ["with WebSockets", { useWSS: true }, {}, /^useWSS: a WebSocket's context outlives its token/],
    ["with an option that it does not know", { trpc: {} }, {}, /^trpc: an option that this plugin does not know/],
    ["with a misspelled option", {}, { createContex: createContext }, /^trpcOptions.createContex: an option/],
    ["with an option of WebSockets", {}, { keepAlive: { enabled: true } }, /^trpcOptions.keepAlive: for WebSockets/],
    ["without a router", {}, { router: undefined }, /^trpcOptions.router: must be a tRPC router/],
    ["with no router", {}, { router: {} }, /^trpcOptions.router: must be a tRPC router/],
    ["without options for tRPC", { trpcOptions: undefined }, {}, /^trpcOptions: name the router/],
    ["with a procedure that has no policy", {}, { router: strangers }, /^bare: no policy/],
    [
      "with one in a lazy router",
      {},
      { router: t.router({ part: lazy(async () => strangers) }) },
      /^part.bare: no policy/,
    ],
  ])("%s, and says which", async (_name, options, trpcOptions, message) => {
    const all = { prefix: "/trpc", trpcOptions: { router, createContext, ...trpcOptions }, ...options };
    const registered = host().register(fastifyGuardPlugin, all as PluginOptions);
    await expect(registered).rejects.toThrow(message);
    await expect(registered).rejects.toBeInstanceOf(TypeError);
  });

  test("but not for an option that is left open, nor for those of Fastify", async () => {
    const app = host();
    const options = { prefix: "/trpc", logLevel: "silent" as const, useWSS: false };
    const trpcOptions = { router, createContext, onError: undefined };
    await app.register(fastifyGuardPlugin, { ...options, trpcOptions } as unknown as PluginOptions);
    expect((await app.inject("/trpc/hello")).json()).toEqual({ result: { data: "hello" } });
  });
});

describe("what the straight way and batches have in common", () => {
  test("corpus 53: a thousand sign-ins in one batch are refused whole, or count one by one", async () => {
    const url = `/trpc/${Array(1000).fill("signIn").join(",")}?batch=1`;
    expect((await post(await start(), url, "{}")).statusCode).toBe(400);
    expect(ran).toEqual([]);
    const answers = (await post(await start({ responseMeta }), url, "{}")).json();
    expect(ran).toHaveLength(4);
    const refused = answers.filter((one: { error?: { data: object } }) => one.error?.data);
    expect(refused.map((one: { error: { data: { reason: string } } }) => one.error.data.reason)).toEqual(
      Array(996).fill("batch_refused"),
    );
  });

  test("corpus 54: a cookie stands on the answer to the call that set it, and on no other of a hundred", async () => {
    const app = await start();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        at % 2 === 0 ? post(app, "/trpc/enter", JSON.stringify(`${at}`)) : app.inject("/trpc/hello"),
      ),
    );
    const expected = answers.map((_, at) => (at % 2 === 0 ? `session=${at}` : undefined));
    expect(answers.map(({ headers }) => headers["set-cookie"])).toEqual(expected);
  });

  test("corpus 54: the cookies of a batch stand on its one answer, none is lost and none comes twice", async () => {
    const app = await start();
    const answer = await post(app, "/trpc/enter,share,enter?batch=1", '{"0":"a","2":"b"}');
    expect(answer.statusCode).toBe(207);
    expect(answer.headers["set-cookie"]).toEqual(["session=a", "session=b"]);
  });

  test("corpus 55: each call of a batch is judged by itself, as it is alone", async () => {
    const app = await start();
    const headers = { authorization: `Bearer ${await desk.account()}` };
    const reasonOf = (one: { error?: { data: { reason?: string } }; result?: { data: unknown } }) =>
      one.error?.data.reason ?? one.result?.data;
    for (const [sent, outcomes] of [
      [{}, ["hello", "no_token"]],
      [headers, ["hello", "ann"]],
    ] as const) {
      const batch = await app.inject({ url: "/trpc/hello,me?batch=1", headers: sent });
      expect(batch.json().map(reasonOf)).toEqual(outcomes);
      const alone = await Promise.all(
        ["hello", "me"].map((path) => app.inject({ url: `/trpc/${path}`, headers: sent })),
      );
      expect(alone.map((answer) => reasonOf(answer.json()))).toEqual(outcomes);
    }
  });
});

describe("what never reaches a mutation", () => {
  test("corpus 59, 60: keys that name a prototype change none", async () => {
    const app = await start();
    const payload = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"own":1}';
    const answer = await post(app, "/trpc/keep", payload);
    expect(answer.json().result.data).toEqual(["__proto__", "constructor", "own"]);
    expect(Object.getPrototypeOf(ran[0])).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    for (const path of ["__proto__", "constructor", "hello.__proto__", "toString"]) {
      expect((await app.inject(`/trpc/${path}`)).statusCode).toBe(404);
    }
  });

  test("corpus 61: GET, plain text, a form", async () => {
    const app = await start();
    expect((await app.inject("/trpc/signIn")).statusCode).toBe(405);
    expect((await app.inject("/trpc/signIn?input=1")).statusCode).toBe(405);
    const url = `${await app.listen({ port: 0, host: "127.0.0.1" })}/trpc/signIn`;
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "text/json",
    ]) {
      const answer = await fetch(url, { method: "POST", body: "1", headers: { "content-type": type } });
      expect(answer.status).toBe(415);
    }
    expect(ran).toEqual([]);
  });

  test("corpus 78: first calls that arrive together keep to their own contexts", async () => {
    const app = await start();
    const names = Array.from({ length: 50 }, (_, at) => `account-${at}`);
    const tokens = await Promise.all(names.map((account) => desk.account({ account })));
    const answers = await Promise.all(
      tokens.map((token) => app.inject({ url: "/trpc/me", headers: { authorization: `Bearer ${token}` } })),
    );
    expect(answers.map((answer) => answer.json().result.data)).toEqual(names);
  });
});

test.each([httpLink, httpBatchLink, httpBatchStreamLink])("tRPC's own clients call it: %s", async (link) => {
  const app = await start();
  const url = `${await app.listen({ port: 0, host: "127.0.0.1" })}/trpc`;
  const clientOf = (headers: Record<string, string>) =>
    createTRPCClient<typeof router>({ links: [link<typeof router>({ url, headers })] });
  const ann = clientOf({ authorization: `Bearer ${await desk.account()}` });
  const answers = await Promise.all([
    ann.hello.query(),
    ann.me.query(),
    ann.enter.mutate("a"),
    ann.keep.mutate({ b: 1 }),
  ]);
  expect(answers).toEqual(["hello", "ann", "a", ["b"]]);
  await expect(ann.share.mutate()).rejects.toMatchObject({ data: { reason: "not_permitted", ran: false } });
  await expect(clientOf({}).me.query()).rejects.toMatchObject({ data: { reason: "no_token", ran: false } });
});

test("HTTP/2 is served by tRPC's own handler", async () => {
  const app = fastify({ http2: true });
  apps.push(app as unknown as FastifyInstance);
  await app.register(fastifyGuardPlugin, { prefix: "/trpc", trpcOptions: { router, createContext } });
  const session = connect(await app.listen({ port: 0, host: "127.0.0.1" }));
  const stream = session.request({ ":path": "/trpc/hello" });
  const [head] = await once(stream, "response");
  expect(head).toMatchObject({ ":status": 200, "content-type": "application/json" });
  expect(head).not.toHaveProperty("content-length");
  expect(await text(stream)).toBe('{"result":{"data":"hello"}}');
  session.close();
});

describe("a host's own onSend hooks", () => {
  test("are handed text under headers that are set already, and what they set stays", async () => {
    const seen: unknown[] = [];
    const app = await start(undefined, (host) => {
      host.addHook("onSend", async (_request, reply, payload) => {
        seen.push(reply.statusCode, reply.getHeader("content-type"), payload);
        reply.header("vary", `${reply.getHeader("vary")}, accept-encoding`);
      });
    });
    const answer = await app.inject("/trpc/hello");
    expect(seen).toEqual([200, "application/json", '{"result":{"data":"hello"}}']);
    expect(answer.headers).toMatchObject({ vary: "trpc-accept, accept, accept-encoding", "content-length": "27" });
  });
});
