import { once } from "node:events";
import { request } from "node:http";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { afterAll, describe, expect, test } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts, type RequestLike } from "../request/facts.ts";
import { get, post, postAs } from "../test-support/calls-to-compare.ts";
import { createDesk } from "../test-support/desk.ts";
import { createOddApi } from "../test-support/odd-api.ts";
import { expectAlike, startOddTwins, usualSetUp } from "../test-support/odd-twins.ts";
import { type Sent, startTwins, stopTwins, type TrpcOptions, wrapped } from "../test-support/twins.ts";

// Both plugins once more, in servers of every kind: see `differential.test.ts`.

afterAll(stopTwins);
const desk = await createDesk();

describe("alike, in whatever server:", () => {
  const calls = [get("open"), get("me"), get("failing.error"), post("keep", "1"), get("open,open?batch=1"), get("no")];

  test("with the host's own hooks and headers", async () => {
    const twins = await startOddTwins(desk, usualSetUp, {
      prepare(app) {
        app.addHook("onRequest", async (_request, reply) => {
          reply.header("vary", "origin").header("x-host", "1").header("set-cookie", ["h=1", "i=2"]).type("text/html");
        });
        app.addHook("preHandler", async (request, reply) => {
          if (request.url.endsWith("me")) reply.code(203).header("cache-control", "private");
        });
        app.setReplySerializer(() => "another serializer");
      },
    });
    for (const call of calls) await expectAlike(twins, call);
  });

  test("with a host that has answered in the context's place", async () => {
    const { router } = createOddApi(desk, {});
    const twins = await startTwins({
      trpcOptions: () => ({
        router,
        createContext: ({ req, res }) => {
          if (req.headers["x-answer"]) res.code(299).send("answered");
          return { auth: facts(req), meta: undefined, told: [] };
        },
      }),
    });
    await expectAlike(twins, get("open", ["x-answer", "1"]));
  });

  test("with a context that is there at once, a thenable, or missing", async () => {
    const { router } = createOddApi(desk, {});
    for (const createContext of [
      ({ req }: { req: RequestLike }) => ({ auth: facts(req), told: [] }),
      ({ req }: { req: RequestLike }) => ({
        // biome-ignore lint/suspicious/noThenProperty: what a user might return
        then: (done: (ctx: object) => void) => done({ auth: facts(req), told: [] }),
      }),
      undefined,
    ]) {
      const twins = await startTwins({
        trpcOptions: () => ({ router, ...(createContext && { createContext }) }) as TrpcOptions,
      });
      for (const call of calls) await expectAlike(twins, call);
    }
  });

  test.each(["/a/b", "/a/", "", "/:version"])("under the prefix %j", async (prefix) => {
    const twins = await startOddTwins(desk, usualSetUp, { prefix });
    for (const path of ["/a/b/open", "/a/open", "/a//open", "/open", "//open", "/1/open", "/a/b", "/a/b/"]) {
      await expectAlike(twins, { path });
    }
  });

  test("registered without a context of its own, by a wrapper or by fastify-plugin", async () => {
    const skip = { [Symbol.for("skip-override")]: true };
    for (const mark of [false, true]) {
      const twins = await startOddTwins(desk, usualSetUp, {
        async register(app, plugin, options) {
          const marked = Object.assign(plugin, mark ? { default: plugin } : {});
          // As long as it takes to register: the mark stays on the function.
          await app.register(Object.assign(wrapped(marked), skip), options);
          Reflect.deleteProperty(plugin, "default");
          app.post("/host", async (request) => ({ body: typeof request.body }));
        },
      });
      for (const path of ["/trpc/open", "/open"]) await expectAlike(twins, { path });
      await expectAlike(twins, { ...post("keep", "1"), path: "/host" });
    }
  });

  test("beside the host's own routes, whose bodies are parsed as before, and a second API", async () => {
    const second = createOddApi(desk, { transformer: superjson });
    const twins = await startOddTwins(desk, usualSetUp, {
      prepare(app) {
        app.addContentTypeParser("text/csv", { parseAs: "string" }, (_request, body, done) => done(null, [body]));
        app.post("/host", async (request) => ({ body: request.body }));
      },
      async register(app, plugin, options) {
        const createContext = ({ req }: { req: RequestLike }) => ({ auth: facts(req), told: [] });
        const others = { prefix: "/second", trpcOptions: { router: second.router, createContext } };
        await app.register(wrapped(plugin), options);
        await app.register(wrapped(plugin), others as typeof options);
      },
    });
    const host = (type: string, body: string): Sent => ({
      method: "POST",
      path: "/host",
      headers: [["content-type", type]],
      body,
    });
    for (const [type, body] of [
      ["application/json", '{"a":1}'],
      ["application/json", ""],
      ["text/csv", "a"],
      ["text/plain", "a"],
      ["multipart/form-data; boundary=x", "--x--"],
    ] as const) {
      await expectAlike(twins, host(type, body));
    }
    await expectAlike(twins, postAs("text/csv", "keep", "a"));
    for (const api of ["trpc", "second"]) await expectAlike(twins, { path: `/${api}/results.special` });
  });

  test("a host that takes no type but JSON", async () => {
    const twins = await startOddTwins(desk, usualSetUp, {
      prepare: (app) => app.removeAllContentTypeParsers(),
    });
    for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
      await expectAlike(twins, postAs(type, "keep", "1"));
    }
  });

  test.each([
    ["has parsed already", { parsed: 1 }],
    ["has replaced by half a character", '"\ud800"'],
    ["has thrown away", undefined],
  ])("a body that a hook %s", async (_name, body) => {
    const twins = await startOddTwins(desk, usualSetUp, {
      prepare: (app) => app.addHook("preHandler", async (request) => void Object.assign(request, { body })),
    });
    await expectAlike(twins, post("keep", "1"));
  });
});

describe("alike, when the client goes:", () => {
  test.each(["official", "ours"] as const)(
    "by the %s plugin the signals abort, those of answered calls do not",
    async (name) => {
      const signals: AbortSignal[] = [];
      const running = Promise.withResolvers<void>();
      const t = initTRPC.context<{ auth: Facts }>().create();
      const guard = createGuard(t, {
        issuer: desk.verifier,
        audience: AUDIENCE,
        permissions: ["a:b"],
        world: desk.world,
      });
      const router = guard.router({
        quick: guard.open("x").query(({ signal }) => signals.push(signal as AbortSignal)),
        slow: guard.open("x").query(async ({ signal }) => {
          signals.push(signal as AbortSignal);
          running.resolve();
          await once(signal as AbortSignal, "abort");
          return "too late";
        }),
      });
      const twins = await startTwins({
        trpcOptions: () => ({
          router,
          createContext: ({ req, info }) => {
            signals.push(info.signal);
            return { auth: facts(req) };
          },
        }),
      });
      await twins[name].send(get("quick"));
      const leaver = request({ host: "127.0.0.1", port: twins[name].port, path: "/trpc/slow" });
      leaver.on("error", () => undefined).end();
      await running.promise;
      const [ofQuick, inQuick, ofSlow, inSlow] = signals as [AbortSignal, AbortSignal, AbortSignal, AbortSignal];
      expect([ofSlow.aborted, inSlow.aborted]).toEqual([false, false]);
      leaver.destroy();
      await Promise.all([once(ofSlow, "abort"), once(inSlow, "abort")]);
      expect([ofQuick.aborted, inQuick.aborted]).toEqual([false, false]);
      expect(ofSlow.reason).toMatchObject({ name: "AbortError", message: "This operation was aborted" });
    },
  );
});
