import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket as Socket, WebSocketServer } from "ws";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { createDesk } from "../test-support/desk.ts";
import { type Facts, facts, type RequestLike } from "./facts.ts";

const SENTENCE = "The guard serves no WebSockets: their context outlives the token. Use HTTP and event streams.";
const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().create();
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read"],
  world: desk.world,
});
const ran: string[] = [];
const router = guard.router({
  open: guard.open("x").query(() => ran.push("open")),
  me: guard.signedIn.query(() => ran.push("me")),
  ticks: guard.open("x").subscription(async function* () {
    ran.push("ticks");
    yield 1;
  }),
});

const createContext = ({ req }: { req: RequestLike }) => ({ auth: facts(req) });
const told: string[] = [];
const strays: unknown[] = [];
const server = createServer(createHTTPHandler({ router, createContext, basePath: "/" }));
applyWSSHandler({
  wss: new WebSocketServer({ server }),
  router,
  createContext,
  onError: ({ error }) => told.push(error.message),
});
let port = 0;
const stray = (cause: unknown) => strays.push(cause);
beforeAll(async () => {
  process.on("unhandledRejection", stray);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  told.length = 0;
});
afterAll(async () => {
  process.off("unhandledRejection", stray);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Opens a connection, sends what is given, and waits until the server has closed it. */
async function converse(path: string, messages: readonly string[], authorization?: string): Promise<string[]> {
  const headers = authorization === undefined ? {} : { authorization };
  const socket = new Socket(`ws://127.0.0.1:${port}${path}`, { headers });
  const heard: string[] = [];
  socket.on("open", () => {
    for (const message of messages) socket.send(message);
  });
  socket.on("message", (data) => heard.push(String(data)));
  await new Promise((resolve) => socket.on("close", resolve));
  return heard;
}
const call = (id: number, path: string, method = "query") => JSON.stringify({ id, method, params: { path } });

describe("under tRPC's WebSocket adapter", () => {
  test("ASVS 4.4.1, 4.4.2: a connection is refused before any call, closed, and the server's log says why", async () => {
    for (const authorization of [undefined, `Bearer ${await desk.account()}`]) {
      told.length = 0;
      const [frame = "", ...others] = await converse("/", [], authorization);
      expect(JSON.parse(frame)).toMatchObject({
        id: null,
        error: { message: SENTENCE, data: { code: "BAD_REQUEST" } },
      });
      expect(others).toEqual([]);
      expect(told).toEqual([SENTENCE]);
    }
  });

  test("calls that came with it do not run, open ones neither", async () => {
    const calls = [call(1, "open"), call(2, "me"), call(3, "ticks", "subscription")];
    const frames = (await converse("/", calls, `Bearer ${await desk.account()}`)).map((frame) => JSON.parse(frame));
    for (const frame of frames) expect(frame).toMatchObject({ error: { message: SENTENCE } });
    expect(ran).toEqual([]);
  });

  test("a client of tRPC's is told the same for its call", async () => {
    const ws = createWSClient({ url: `ws://127.0.0.1:${port}/`, retryDelayMs: () => 60_000 });
    const client = createTRPCClient<typeof router>({ links: [wsLink({ client: ws })] });
    const error = await client.open.query().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(ran).toEqual([]);
    expect(told).toContain(SENTENCE);
    await ws.close();
  });

  test.each([
    "{",
    "null",
    "[]",
    '{"method":"connectionParams","data":{"token":7}}',
    '{"method":"connectionParams","data":{"authorization":"Bearer a"}}',
  ])("corpus 58: connection parameters %s bring nobody in, and nothing down", async (message) => {
    const frames = await converse("/?connectionParams=1", [message, call(1, "open")]);
    for (const frame of frames) expect(JSON.parse(frame)).toHaveProperty("error");
    expect(frames.length).toBeGreaterThan(0);
    expect(ran).toEqual([]);
  });

  test("corpus 58: a hundred connections later the same server serves HTTP, and nothing went astray", async () => {
    await Promise.all(Array.from({ length: 100 }, (_, at) => converse(at % 2 ? "/" : "/?connectionParams=1", ["{}"])));
    const answer = await fetch(`http://127.0.0.1:${port}/open`);
    expect(answer.status).toBe(200);
    expect(ran.splice(0)).toEqual(["open"]);
    expect(strays).toEqual([]);
  });

  test("a request over HTTP that speaks of an upgrade is refused like any bad one", async () => {
    const plain = createServer(createHTTPHandler({ router, createContext, responseMeta: guard.responseMeta }));
    await new Promise<void>((resolve) => void plain.listen(0, "127.0.0.1", resolve));
    const status = await new Promise((resolve, reject) => {
      const headers = { connection: "close, upgrade", upgrade: "websocket" };
      const options = { port: (plain.address() as AddressInfo).port, path: "/open", headers };
      request(options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(400);
    expect(ran).toEqual([]);
    await new Promise((resolve) => plain.close(resolve));
  });
});
