import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
  wsLink,
} from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { awsLambdaRequestHandler } from "@trpc/server/adapters/aws-lambda";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import fastify from "fastify";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { AUDIENCE } from "../../tokens/src/testing/forge.ts";
import { type Facts, facts, type RequestLike } from "./facts.ts";
import { createGuard } from "./guard.ts";
import { createDesk } from "./test-support/desk.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().create({
  transformer: superjson,
  errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, mine: true } }),
});
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:share"],
  world: desk.world,
});
const { open, signedIn, allowed } = guard;
const router = guard.router({
  open: open("x").query(() => "open"),
  me: signedIn.query(({ ctx }) => ({ id: ctx.principal.id, at: new Date(0) })),
  notes: {
    list: allowed("notes:read").query(() => new Map([["a", 1n]])),
    share: allowed("notes:share")
      .input(z.date())
      .mutation(({ input }) => input),
  },
  ticks: signedIn.subscription(async function* () {
    yield 1;
    yield 2;
  }),
});
type AppRouter = typeof router;
const createContext = ({ req }: { req: RequestLike }) => ({ auth: facts(req) });

const standalone = createServer(
  createHTTPHandler({
    router,
    createContext,
    responseMeta: guard.responseMeta,
    maxBatchSize: guard.maxBatchSize,
    basePath: "/trpc/",
  }),
);
const app = fastify({ routerOptions: { maxParamLength: 5000 } });
const sockets = createServer();
applyWSSHandler({ wss: new WebSocketServer({ server: sockets }), router, createContext });
const ports: Record<string, number> = {};

beforeAll(async () => {
  await app.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: { router, createContext, responseMeta: guard.responseMeta },
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  await new Promise<void>((resolve) => void standalone.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => void sockets.listen(0, "127.0.0.1", resolve));
  ports["standalone"] = (standalone.address() as AddressInfo).port;
  ports["fastify"] = (app.server.address() as AddressInfo).port;
  ports["ws"] = (sockets.address() as AddressInfo).port;
});
afterAll(async () => {
  await app.close();
  for (const server of [standalone, sockets]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const urlOf = (name: string) => `http://127.0.0.1:${ports[name]}/trpc`;
const links = { httpLink, httpBatchLink, httpBatchStreamLink };

const clientOf = (name: string, link: keyof typeof links, token?: string) =>
  createTRPCClient<AppRouter>({
    links: [
      links[link]<AppRouter>({
        url: urlOf(name),
        transformer: superjson,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      }),
    ],
  });

const failure = async (call: Promise<unknown>): Promise<TRPCClientError<AppRouter>> => {
  const error = await call.then(
    () => new Error("the call was let in"),
    (cause: unknown) => cause,
  );
  if (error instanceof TRPCClientError) return error;
  throw error;
};

describe.each(["standalone", "fastify"])("over real HTTP, by the %s adapter", (name) => {
  describe.each(Object.keys(links) as (keyof typeof links)[])("with tRPC's %s", (link) => {
    test("a call that is allowed is served, with the transformer's types", async () => {
      const client = clientOf(name, link, await desk.account({ permissions: ["notes:read", "notes:share"] }));
      const [me, list, shared] = await Promise.all([
        client.me.query(),
        client.notes.list.query(),
        client.notes.share.mutate(new Date(5)),
      ]);
      expect(me).toEqual({ id: "ann", at: new Date(0) });
      expect(list).toEqual(new Map([["a", 1n]]));
      expect(shared).toEqual(new Date(5));
    });

    test("refusals reach the client as data beside the user's own", async () => {
      const client = clientOf(name, link, await desk.account());
      const refused = await failure(client.notes.share.mutate(new Date()));
      expect(refused.data).toMatchObject({ reason: "not_permitted", ran: false, mine: true, code: "FORBIDDEN" });
      const nobody = await failure(clientOf(name, link).me.query());
      expect(nobody.data).toMatchObject({ reason: "no_token", ran: false, mine: true, httpStatus: 401 });
      expect(await clientOf(name, link).open.query()).toBe("open");
    });
  });

  test("corpus 83: two Authorization headers on the wire are refused, in any order", async () => {
    const good = await desk.account();
    for (const tokens of [
      [good, "other"],
      ["other", good],
      [good, good],
    ]) {
      const answer = await raw(
        ports[name] ?? 0,
        tokens.map((token) => `Authorization: Bearer ${token}`),
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"reason":"malformed_credentials"');
      expect(answer.toLowerCase()).toContain('www-authenticate: bearer error="invalid_request"');
    }
    expect(await raw(ports[name] ?? 0, [`authorization: bearer ${good}`])).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("corpus 16: a header of garbage is refused, never a failure", async () => {
    for (const value of ["\u00ff\u00fe", "Bearer", "Bearer \u00ff", "=", "Bearer a,b", "Bearer ".repeat(500)]) {
      expect(await raw(ports[name] ?? 0, [`Authorization: ${value}`])).toMatch(/^HTTP\/1\.1 40[01] /);
    }
  });

  test("an event stream is refused within the stream, and served to whoever may", async () => {
    const url = `${urlOf(name)}/ticks`;
    const refused = await fetch(url);
    expect(await refused.text()).toContain('"reason":"no_token"');
    const served = await fetch(url, { headers: { authorization: `Bearer ${await desk.account()}` } });
    expect(served.headers.get("cache-control")).toContain("no-store");
    expect(await served.text()).toContain('data: {"json":2}');
  });
});

/** Sends a request with exactly these header lines. */
async function raw(port: number, lines: string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    ["GET /trpc/me HTTP/1.1", "Host: api.example", "Connection: close", ...lines, "", ""].join("\r\n"),
    "latin1",
  );
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

describe("by the Lambda adapter", () => {
  const handle = awsLambdaRequestHandler({
    router,
    createContext: ({ event }) => ({ auth: facts(event) }),
    responseMeta: guard.responseMeta,
  });

  test("an event of format 2.0 is judged by its own headers", async () => {
    const call = async (headers: Record<string, string>) => {
      const event = {
        version: "2.0",
        routeKey: "$default",
        rawPath: "/me",
        rawQueryString: "",
        headers,
        isBase64Encoded: false,
        requestContext: {
          http: { method: "GET", path: "/me", protocol: "", sourceIp: "", userAgent: "" },
          domainName: "api.example",
        },
        pathParameters: {},
      };
      return (await handle(event as unknown as Parameters<typeof handle>[0], {} as never)) as {
        statusCode: number;
        body: string;
      };
    };
    expect((await call({ authorization: `Bearer ${await desk.account()}` })).statusCode).toBe(200);
    expect(await call({})).toMatchObject({ statusCode: 401, body: expect.stringContaining('"reason":"no_token"') });
    expect((await call({ Authorization: "Bearer a", authorization: "Bearer b" })).statusCode).toBe(400);
  });
});

describe("by the WebSocket adapter", () => {
  test("every call is refused, open ones too: its context outlives the token", async () => {
    const token = await desk.account();
    class WithToken extends WebSocket {
      constructor(url: string | URL) {
        super(url, { headers: { authorization: `Bearer ${token}` } } as never);
      }
    }
    const ws = createWSClient({
      url: `ws://127.0.0.1:${ports["ws"]}`,
      WebSocket: WithToken as unknown as typeof WebSocket,
    });
    const client = createTRPCClient<AppRouter>({ links: [wsLink<AppRouter>({ client: ws, transformer: superjson })] });
    for (const call of [client.open.query(), client.me.query(), client.notes.list.query()]) {
      expect((await failure(call)).data).toMatchObject({ reason: "bad_request", ran: false });
    }
    await ws.close();
  });
});
