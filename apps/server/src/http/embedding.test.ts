import { createGuard, type Facts, facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { type FastifyInstance, type FastifyServerOptions, fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Issuer } from "../issuer.ts";
import { APP, EMBEDDED, openEmbedded, person } from "./testing/embedded.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await openEmbedded();
});
afterAll(() => issuer.close());

const json = { "content-type": "application/json", "x-countersign": "1" };
const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  ({ method: "POST", url, headers: { ...json, ...headers }, payload }) as const;

/** Somebody's program: its own routes, handlers, parsers and hooks, and a guarded router on tRPC's own plugin. */
async function theirApp(options: FastifyServerOptions = {}, prepare: (app: FastifyInstance) => unknown = () => {}) {
  const app = fastify(options);
  const t = initTRPC.context<{ auth: Facts }>().create();
  const { open, signedIn, router } = createGuard(t, { issuer: issuer.verifier, permissions: ["notes:read"] });
  const api = router({
    hello: open("anybody may be greeted").query(() => "hello"),
    who: signedIn.query(({ ctx }) => ctx.principal.id),
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ theirs: "error" }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ theirs: "nothing" }));
  app.get("/", async () => ({ hello: "world" }));
  app.get("/ip", async (request) => ({ ip: request.ip }));
  app.get("/broken", async () => {
    throw new Error("theirs");
  });
  app.post("/echo", async (request) => request.body);
  await prepare(app);
  await app.register(issuer.plugin);
  await app.register(fastifyTRPCPlugin, {
    prefix: "/api/trpc",
    trpcOptions: { router: api, createContext: ({ req }) => ({ auth: facts(req) }) },
  } satisfies FastifyTRPCPluginOptions<typeof api>);
  await app.ready();
  return app;
}

let accounts = 0;
async function signedIn(app: FastifyInstance): Promise<{ account: string; token: string }> {
  accounts += 1;
  const account = { ...person, email: `somebody-${accounts}@example.com` };
  const made = await app.inject(post("/auth/trpc/signIn.signUp", { client: "cli", ...account }));
  const { handoff } = made.json().result.data;
  const started = (await app.inject(post("/auth/session/start", { client: "cli", handoff }))).json();
  return { account: started.account, token: started.tokens[0].access_token };
}

describe("an issuer in somebody's Fastify", () => {
  test("signs people in for their own guarded router beside it, and signs them out of it at once", async () => {
    const app = await theirApp();
    const { account, token } = await signedIn(app);
    const who = () => app.inject({ url: "/api/trpc/who", headers: { authorization: `Bearer ${token}` } });
    expect((await who()).json().result.data).toBe(account);
    expect((await app.inject("/api/trpc/who")).statusCode).toBe(401);
    const end = { url: "/auth/trpc/account.endOtherSessions", headers: { authorization: `Bearer ${token}` } };
    expect((await app.inject({ ...end, ...post(end.url, {}, end.headers) })).statusCode).toBe(200);
    const sessions = await app.inject({ url: "/auth/trpc/account.sessions", headers: end.headers });
    const { id } = sessions.json().result.data[0];
    await app.inject(post("/auth/trpc/account.endSession", { id }, end.headers));
    expect((await who()).json().error.data.reason).toBe("session_ended");
    await app.close();
  });

  test("leaves their routes, errors, parsers and headers as they are", async () => {
    const app = await theirApp();
    const hello = await app.inject("/");
    expect(hello.json()).toEqual({ hello: "world" });
    expect(Object.keys(hello.headers).sort()).toEqual(["connection", "content-length", "content-type", "date"]);
    expect((await app.inject("/broken")).json()).toEqual({ theirs: "error" });
    for (const url of ["/nowhere", "/auth/nowhere", "/auth", "/authority"]) {
      expect((await app.inject(url)).json()).toEqual({ theirs: "nothing" });
    }
    const text = { method: "POST", url: "/echo", headers: { "content-type": "text/plain" }, payload: "hi" } as const;
    expect((await app.inject(text)).body).toBe("hi");
    expect((await app.inject({ method: "POST", url: "/echo", payload: { a: 1 } })).json()).toEqual({ a: 1 });
    const twice = { url: "/", headers: { origin: "https://a.example, https://b.example" } };
    expect((await app.inject(twice)).statusCode).toBe(200);
    await app.close();
  });

  test("answers as ever, whatever parsers, serializers and limits are theirs", async () => {
    const app = await theirApp({ bodyLimit: 10, logger: { level: "silent" } }, (their) => {
      their.addContentTypeParser("*", { parseAs: "string" }, (_request, _body, done) =>
        done(null, { parsed: "theirs" }),
      );
      their.removeContentTypeParser("application/json");
      their.addContentTypeParser("application/json", { parseAs: "string" }, (_request, _body, done) => done(null, {}));
      their.setReplySerializer(() => "theirs");
      their.setSerializerCompiler(() => () => "theirs");
    });
    const { token } = await signedIn(app);
    const me = await app.inject({ url: "/auth/trpc/account.me", headers: { authorization: `Bearer ${token}` } });
    expect(me.statusCode).toBe(200);
    expect((await app.inject("/auth/readyz")).json()).toEqual({ status: "ready" });
    const form = { "content-type": "application/x-www-form-urlencoded", "x-countersign": "1" };
    const sent = { method: "POST", url: "/auth/session/refresh", headers: form, payload: "client=cli" } as const;
    expect((await app.inject(sent)).json()).toEqual({ error: "unsupported_media_type" });
    const prototype = { ...sent, headers: json, payload: '{"client":"cli","__proto__":{"a":1}}' };
    expect((await app.inject(prototype)).json()).toEqual({ error: "bad_request" });
    expect((await app.inject("/")).body).toBe("theirs");
    await app.close();
  });

  test("answers with the headers, refusals and limits that it has on its own", async () => {
    const app = await theirApp();
    expect((await app.inject("/auth/trpc/account.me")).headers).toMatchObject({
      "cache-control": "no-store",
      "www-authenticate": "Bearer",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
    });
    const large = await app.inject(post("/auth/session/start", { client: "x".repeat(20_000) }));
    expect(large.json()).toEqual({ error: "too_large" });
    const untyped = { method: "POST", url: "/auth/trpc/signIn.password", payload: "x".repeat(200_000) } as const;
    expect((await app.inject(untyped)).json().error.data.reason).toBe("unsupported_media_type");
    await app.close();
  });

  test("ASVS 3.4.2: stands by its registered origins where the host lets everybody read", async () => {
    const app = await theirApp({}, (their) => {
      their.decorateRequest("corsPreflightEnabled", false); // as @fastify/cors does, which a host often has
      their.addHook("onRequest", async (_request, reply) => {
        reply.headers({
          "access-control-allow-origin": "*",
          "access-control-allow-credentials": "true",
          vary: "Cookie",
        });
      });
    });
    const read = (origin: string) =>
      app.inject({ ...post("/auth/session/refresh", { client: "app" }, { origin }), url: "/auth/session/refresh" });
    expect((await read(APP)).headers).toMatchObject({ "access-control-allow-origin": APP, vary: "Cookie, Origin" });
    expect((await read("https://evil.example")).headers).not.toHaveProperty("access-control-allow-origin");
    expect((await read("https://evil.example")).headers).not.toHaveProperty("access-control-allow-credentials");
    expect((await app.inject("/")).headers["access-control-allow-origin"]).toBe("*");
    await app.close();
  });

  test("corpus 50: believes of addresses what the host believes", async () => {
    const forwarded = { "x-forwarded-for": "192.0.2.77" };
    const limits = { address: { most: 1, windowMs: 1e13 } };
    const own = await openEmbedded({ limits });
    const wrong = { client: "cli", email: person.email, password: "wrong" };
    for (const [trustProxy, expected] of [
      [true, [400, 400, 429]],
      [false, [400, 429, 429]],
    ] as const) {
      const app = fastify({ trustProxy });
      await app.register(own.plugin);
      const remoteAddress = trustProxy ? "198.51.100.1" : "198.51.100.2";
      const attempt = async (headers: Record<string, string>) =>
        (await app.inject({ ...post("/auth/trpc/signIn.password", wrong, headers), remoteAddress })).statusCode;
      const statuses = [await attempt({}), await attempt(forwarded), await attempt(forwarded)];
      expect(statuses).toEqual(expected);
      await app.close();
    }
    await own.close();
  });

  test.each([
    ["under a prefix", (app: FastifyInstance) => app.register(issuer.plugin, { prefix: "/auth" })],
    [
      "in a scope with one",
      (app: FastifyInstance) => app.register(async (scope) => void scope.register(issuer.plugin), { prefix: "/x" }),
    ],
  ])("says that it brings its own path where it is registered %s", async (_, register) => {
    const app = fastify();
    await expect(
      (async () => {
        await register(app);
        await app.ready();
      })(),
    ).rejects.toThrow(/register it without a prefix; the issuer's URL puts it under "\/auth"/);
  });

  test("RFC 8414 3, 5: has its metadata before its path and after it, the same", async () => {
    const app = await theirApp();
    const places = ["/.well-known/oauth-authorization-server/auth", "/auth/.well-known/oauth-authorization-server"];
    const documents = await Promise.all(places.map((place) => app.inject(place)));
    expect(documents[0]?.json()).toMatchObject({ issuer: EMBEDDED, jwks_uri: `${EMBEDDED}/.well-known/jwks.json` });
    expect(documents[1]?.json()).toEqual(documents[0]?.json());
    expect((await app.inject("/.well-known/oauth-authorization-server")).json()).toEqual({ theirs: "nothing" });
    await app.close();
  });
});
