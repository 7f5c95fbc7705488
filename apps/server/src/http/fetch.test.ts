import { Readable } from "node:stream";
import { setImmediate as tick } from "node:timers/promises";
import type { FastifyPluginAsync } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Issuer, IssuerOptions } from "../issuer.ts";
import { createFetch } from "./fetch.ts";
import { EMBEDDED, openEmbedded, person } from "./testing/embedded.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await openEmbedded();
});
afterAll(() => issuer.close());

const HEADERS = { "content-type": "application/json", "x-countersign": "1" };
const { email } = person;
const wrong = JSON.stringify({ client: "cli", email, password: "wrong" });
const signIn = (headers: Record<string, string> = {}) =>
  new Request(`${EMBEDDED}/trpc/signIn.password`, { method: "POST", headers: { ...HEADERS, ...headers }, body: wrong });

describe("issuer.fetch", () => {
  test("is a function that needs no object around it, for whatever host a request names", async () => {
    const { fetch } = issuer;
    const reply = await fetch(new Request("http://10.0.0.7:3000/auth/readyz"));
    expect([reply.status, await reply.json()]).toEqual([200, { status: "ready" }]);
    const metadata = await fetch(new Request("http://evil.example/auth/.well-known/oauth-authorization-server"));
    expect(await metadata.json()).toMatchObject({ issuer: EMBEDDED });
  });

  test.each([
    ["what is not its own", "/auth/nothing", 404, "not_found"],
    ["what is not under its path", "/trpc/account.me", 404, "not_found"],
    ["a path that does not decode", "/auth/%zz", 400, "bad_request"],
  ])("answers %s with a reason", async (_, path, status, error) => {
    const reply = await issuer.fetch(new Request(new URL(path, EMBEDDED)));
    expect([reply.status, await reply.json()]).toEqual([status, { error }]);
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  test("takes a method that no server knows for a bad request, as a server does", async () => {
    const reply = await issuer.fetch(new Request(`${EMBEDDED}/readyz`, { method: "FROBNICATE" }));
    expect([reply.status, await reply.json()]).toEqual([400, { error: "bad_request" }]);
  });

  test("corpus 78: a hundred first requests together each get their own answer", async () => {
    const fresh = await openEmbedded();
    const paths = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? "/livez" : "/readyz"));
    const replies = await Promise.all(
      paths.map(async (path) => (await fresh.fetch(new Request(EMBEDDED + path))).json()),
    );
    expect(replies).toEqual(paths.map((path) => ({ status: path === "/livez" ? "alive" : "ready" })));
    await fresh.close();
  });

  test("when the issuer is closed answers what its routes answer", async () => {
    const fresh = await openEmbedded();
    await fresh.close();
    const reply = await fresh.fetch(signIn());
    expect([reply.status, JSON.parse(await reply.text()).error.data.reason]).toEqual([503, "unavailable"]);
  });
});

describe("the caller's address", () => {
  const limits: IssuerOptions["limits"] = { address: { most: 2, windowMs: 1e13 } };
  const open = async () => {
    const own = await openEmbedded({ limits });
    return { own, attempt: async (...request: Parameters<Issuer["fetch"]>) => (await own.fetch(...request)).status };
  };

  test("corpus 50: is nobody's where the host says none, and all of them share one limit, whatever they forward", async () => {
    const { own, attempt } = await open();
    const statuses = [];
    for (let at = 0; at < 3; at += 1) {
      statuses.push(await attempt(signIn({ "x-forwarded-for": `192.0.2.${at}`, forwarded: `for=192.0.2.${at}` })));
    }
    expect(statuses.at(-1)).toBe(429);
    expect(await attempt(signIn(), { address: "192.0.2.9" })).not.toBe(429);
    await own.close();
  });

  test("corpus 50: is what the host says, and each has a limit of its own", async () => {
    const { own, attempt } = await open();
    const from = (address: string) => attempt(signIn(), { address });
    expect([await from("192.0.2.1"), await from("192.0.2.1"), await from("192.0.2.1")].at(-1)).toBe(429);
    expect(await from("192.0.2.2")).not.toBe(429);
    expect(await from("2001:db8::1")).not.toBe(429);
    await own.close();
  });

  test.each(["192.0.2.1, 10.0.0.1", "192.0.2.1:443", "", "unknown"])(
    "is refused as %j: it is one address or none",
    async (address) => {
      await expect(issuer.fetch(signIn(), { address })).rejects.toThrow(/`address` is the caller's IP address/);
    },
  );

  test("is not what hosts pass along by themselves", async () => {
    const bun = { address: { address: "192.0.2.1" } };
    await expect(issuer.fetch(signIn(), bun as unknown as { address: string })).rejects.toThrow(TypeError);
  });
});

/** A body that goes on for ever, and what was taken of it. */
function endless() {
  const chunk = new Uint8Array(16 * 1024).fill(0x20);
  const taken = { bytes: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken.bytes += chunk.length;
      controller.enqueue(chunk);
    },
    cancel() {
      taken.cancelled = true;
    },
  });
  return { body, taken };
}

const upload = (path: string, body: ReadableStream<Uint8Array>, headers: Record<string, string> = HEADERS) =>
  new Request(EMBEDDED + path, { method: "POST", headers, body, duplex: "half" });

describe("a body", () => {
  test.each([
    ["/trpc/signIn.password", HEADERS, 413],
    ["/session/start", HEADERS, 413],
    ["/trpc/signIn.password", { "content-type": "text/plain" }, 415],
    ["/session/start", { "content-type": "application/json" }, 400],
    ["/readyz", HEADERS, 405],
    ["/nowhere", HEADERS, 413],
  ])("corpus 69: without an end, to %s with %j, is let go of after a little of it", async (path, headers, status) => {
    const { body, taken } = endless();
    const reply = await issuer.fetch(upload(path, body, headers));
    expect(reply.status).toBe(status);
    await reply.text();
    await expect.poll(() => taken.cancelled).toBe(true);
    expect(taken.bytes).toBeLessThan(2 * 1024 * 1024);
  });

  test("that says it is too large is not read at all", async () => {
    const { body, taken } = endless();
    const reply = await issuer.fetch(upload("/session/start", body, { ...HEADERS, "content-length": "1000000" }));
    expect([reply.status, await reply.json()]).toEqual([413, { error: "too_large" }]);
    expect(taken.bytes).toBeLessThan(128 * 1024);
  });

  test("that fails on the way is a request that failed", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("the line is gone"));
      },
    });
    await expect(issuer.fetch(upload("/session/start", body))).rejects.toThrow("the line is gone");
  });

  test("that somebody has read before is not there any more, and that is said", async () => {
    const request = signIn();
    await request.text();
    await expect(issuer.fetch(request)).rejects.toThrow("was read before");
  });
});

describe("a request that is aborted", () => {
  test("before it began is not answered", async () => {
    const request = new Request(`${EMBEDDED}/readyz`, { signal: AbortSignal.abort() });
    await expect(issuer.fetch(request)).rejects.toMatchObject({ name: "AbortError" });
  });

  test("while its body is on the way is let go of", async () => {
    const abort = new AbortController();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => {}),
      cancel() {
        cancelled = true;
      },
    });
    const request = new Request(upload("/session/start", body), {
      signal: abort.signal,
      duplex: "half",
    } as RequestInit);
    const answer = issuer.fetch(request);
    await tick();
    abort.abort();
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => cancelled).toBe(true);
  });
});

describe("an answer that takes its time", () => {
  /** A route that streams until it is told that nobody listens. */
  function ticking() {
    const told = { made: 0, ended: false };
    const plugin: FastifyPluginAsync = async (fastify) => {
      fastify.get("/ticks", (_request, reply) => {
        async function* ticks() {
          try {
            for (;;) {
              told.made += 1;
              yield `tick ${told.made}\n`.padEnd(1024);
              await tick();
            }
          } finally {
            told.ended = true;
          }
        }
        return reply.type("text/plain").send(Readable.from(ticks()));
      });
    };
    return { told, fetch: createFetch({ issuer: EMBEDDED, plugin, logger: undefined }) };
  }
  const request = (signal?: AbortSignal) => new Request("https://acme.example/ticks", signal ? { signal } : {});

  test("comes as it is made, and no faster than it is read", async () => {
    const { told, fetch } = ticking();
    const reader = (await fetch(request())).body?.getReader();
    expect(String(Buffer.from((await reader?.read())?.value ?? []))).toMatch(/^tick 1/);
    for (let at = 0; at < 2000; at += 1) await tick();
    expect(told.made).toBeLessThan(500);
    expect(told.ended).toBe(false);
    await reader?.cancel();
    await expect.poll(() => told.ended).toBe(true);
  });

  test("ends where the request is aborted", async () => {
    const { told, fetch } = ticking();
    const abort = new AbortController();
    const reader = (await fetch(request(abort.signal))).body?.getReader();
    await reader?.read();
    abort.abort();
    await expect.poll(() => told.ended).toBe(true);
    await expect(
      (async () => {
        while (!(await reader?.read())?.done);
      })(),
    ).rejects.toMatchObject({ name: "AbortError" });
  });
});

test("what it came to is told to the logger, and nothing that was sent", async () => {
  const lines: string[] = [];
  const write = (detail: object, message: string) => void lines.push(JSON.stringify({ ...detail, message }));
  const own = await openEmbedded({ logger: { error: write, info: write } });
  await own.fetch(signIn(), { address: "192.0.2.1" });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: "request", method: "POST", route: "/auth/trpc/*", status: 400, reason: "wrong_credentials" },
  ]);
  expect(lines.join()).not.toContain(email);
  await own.close();
});
