import { once } from "node:events";
import { Refusal, systemWorld } from "@countersign/tokens";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TlsConfig } from "../config.ts";
import { createLog } from "./log.ts";
import { route } from "./route.ts";
import { createServer } from "./server.ts";
import { callerOfOrigin } from "./testing/call.ts";
import { makeAuthority, makeLeaf } from "./tls/authority.ts";

const authority = makeAuthority(systemWorld);
const pair = makeLeaf(authority, systemWorld);
const dev: TlsConfig = { mode: "dev" };
const secret = "hunter2-from-the-request";

let lines: string[];
function build(options: { issuer?: string; tls?: TlsConfig } = {}): FastifyInstance {
  const { issuer = "https://localhost:8443", tls = dev } = options;
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  const app = createServer({ issuer, tls, pair: tls.mode === "proxy" ? undefined : pair, log, world: systemWorld });
  route(app, "GET", "/ok", {}, async () => ({ ok: true }));
  route(app, "GET", "/ip", {}, async (request) => ({ ip: request.ip }));
  route(app, "POST", "/json", { bodyLimit: 1000 }, async () => ({ ok: true }));
  route(app, "GET", "/bug", {}, async () => {
    throw new TypeError(`cannot read ${secret}`, { cause: new Error("deeper") });
  });
  route(app, "GET", "/wait", {}, async () => {
    throw new Refusal("busy", { retryAfter: 1.2, detail: "queue full" });
  });
  return app;
}

let app: FastifyInstance;
let origin: string;
let client: ReturnType<typeof callerOfOrigin>;
beforeAll(async () => {
  lines = [];
  app = build();
  origin = await app.listen({ host: "127.0.0.1", port: 0 });
  client = callerOfOrigin(origin, authority.cert);
});
afterAll(() => app.close());

describe("the https server", () => {
  test.each(["TLSv1.2", "TLSv1.3"] as const)("ASVS 12.1.1: speaks %s", async (version) => {
    const socket = await client.dial({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  test.each(["TLSv1", "TLSv1.1"] as const)("ASVS 12.1.1: does not speak %s", async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(client.dial(old)).rejects.toThrow(/protocol version|unsupported protocol|no protocols/i);
  });

  test.each(["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"])(
    "ASVS 12.1.2: has no use for %s",
    async (ciphers) => {
      await expect(client.dial({ maxVersion: "TLSv1.2", ciphers })).rejects.toThrow(/handshake failure|no ciphers/i);
    },
  );

  test("ASVS 12.2.1, RFC 6750 5.2: does not answer plain HTTP on its port", async () => {
    await expect(fetch(`http://127.0.0.1:${new URL(origin).port}/ok`)).rejects.toThrow("fetch failed");
  });

  test("ASVS 3.2.1, 3.4.3, 3.4.4, 3.4.5, 3.4.6, 3.4.8, 3.5.8, 14.3.2: says that an answer is data, for nobody to frame, sniff or keep", async () => {
    const { headers } = await client.call("/ok");
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
  });

  test("ASVS 13.4.6: names neither itself nor its framework", async () => {
    const { headers } = await client.call("/ok");
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["server"]));
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(["x-powered-by"]));
  });

  test("server case 16, ASVS 3.4.1: sends HSTS outside localhost and addresses only", async () => {
    const hsts = async (issuer: string) =>
      (await build({ issuer }).inject("/nowhere")).headers["strict-transport-security"];
    expect(await hsts("https://auth.example.com")).toBe("max-age=31536000; includeSubDomains");
    expect(await hsts("https://localhost:8443")).toBeUndefined();
    expect(await hsts("https://127.0.0.1:8443")).toBeUndefined();
    expect(await hsts("https://[::1]:8443")).toBeUndefined();
  });

  test.each([
    ["POST", "/ok", "GET, HEAD"],
    ["PUT", "/ok", "GET, HEAD"],
    ["DELETE", "/ok", "GET, HEAD"],
    ["OPTIONS", "/ok", "GET, HEAD"],
    ["TRACE", "/ok", "GET, HEAD"],
    ["GET", "/json", "POST"],
    ["HEAD", "/json", "POST"],
    ["TRACE", "/json", "POST"],
  ])("ASVS 4.1.4, 13.4.4: refuses %s %s and says what is allowed", async (method, path, allow) => {
    const reply = await client.call(path, { method });
    expect(reply).toMatchObject({ status: 405, headers: { allow } });
    if (method !== "HEAD") expect(reply.body).toBe('{"error":"method_not_allowed"}');
  });

  test.each(["PROPFIND", "SEARCH", "PURGE", "LINK"])("ASVS 4.1.4: does not know %s", async (method) => {
    expect(await client.call("/ok", { method })).toMatchObject({ status: 404, body: '{"error":"not_found"}' });
  });

  test.each([
    ["a path that is not there", `/${secret}`, "not_found", 404],
    ["a path that does not decode", `/%zz${secret}`, "bad_request", 400],
    ["metrics", "/metrics", "not_found", 404],
    ["documentation", "/docs", "not_found", 404],
  ])("ASVS 13.4.5: answers %s with a reason and no echo", async (_name, path, reason, status) => {
    expect(await client.call(path)).toMatchObject({
      status,
      body: `{"error":"${reason}"}`,
      headers: { "cache-control": "no-store", "x-content-type-options": "nosniff" },
    });
  });

  const json = { "content-type": "application/json" };
  test.each([
    ["a body that is no JSON", json, `{"password":"${secret}`, "bad_request", 400],
    ["an empty body", json, "", "bad_request", 400],
    ["a prototype", json, '{"__proto__":{"admin":true}}', "bad_request", 400],
    ["a constructor", json, '{"constructor":{"prototype":{"admin":true}}}', "bad_request", 400],
    ["another content type", { "content-type": `text/${secret}` }, "x", "unsupported_media_type", 415],
    ["a content type that is none", { "content-type": secret }, "x", "unsupported_media_type", 415],
    ["no content type", {}, "x", "unsupported_media_type", 415],
    ["a body that is too large", json, `"${"x".repeat(1000)}"`, "too_large", 413],
  ])("refuses %s with a reason and no echo", async (_name, headers, body, reason, status) => {
    const reply = await client.call("/json", { method: "POST", headers, body });
    expect(reply).toMatchObject({ status, body: `{"error":"${reason}"}` });
  });

  test("refuses a body without end, whatever its length was said to be", async () => {
    const reply = await client.call("/json", {
      method: "POST",
      headers: { ...json, "transfer-encoding": "chunked" },
      body: `"${"x".repeat(200_000)}"`,
    });
    expect(reply).toMatchObject({ status: 413, body: '{"error":"too_large"}' });
  });

  test.each([
    ["no request at all", `${secret}\r\n\r\n`, "400", "bad_request"],
    ["a header without a name", `GET /ok HTTP/1.1\r\nHost: localhost\r\n: ${secret}\r\n\r\n`, "400", "bad_request"],
    ["a header with a NUL", `GET /ok HTTP/1.1\r\nHost: localhost\r\nx: \0${secret}\r\n\r\n`, "400", "bad_request"],
    [
      "headers without end",
      `GET /ok HTTP/1.1\r\nHost: localhost\r\nx: ${"x".repeat(40_000)}\r\n\r\n`,
      "431",
      "too_large",
    ],
    [
      "ASVS 4.2.1: two lengths",
      "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "400",
      "bad_request",
    ],
  ])("refuses %s with a reason and no echo", async (_name, bytes, status, reason) => {
    const answer = await client.raw(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(answer.split("\r\n\r\n")[1]).toBe(`{"error":"${reason}"}`);
    expect(answer).not.toContain(secret);
  });

  test("ASVS 16.3.4, 16.5.1: a bug is told to the log and to nobody else", async () => {
    lines.length = 0;
    const reply = await client.call("/bug");
    expect(reply).toMatchObject({ status: 500, body: '{"error":"internal"}' });
    const [line] = lines.map((text) => JSON.parse(text)).filter(({ level }) => level === "error");
    expect(line.err.cause).toMatchObject({ type: "TypeError", cause: { message: "deeper" } });
    expect(line.err.cause.stack).toContain("server.test.ts");
  });

  test("says when to come back, in whole seconds", async () => {
    expect(await client.call("/wait")).toMatchObject({
      status: 503,
      headers: { "retry-after": "2" },
      body: '{"error":"busy"}',
    });
  });

  test("ASVS 16.2.1, 16.2.4, 16.3.2: writes a line of JSON for each request and why it was refused, with the route and not the URL", async () => {
    lines.length = 0;
    await client.call(`/ok?token=${secret}`, {
      headers: { cookie: secret, authorization: secret, "user-agent": secret },
    });
    await client.call(`/${secret}`);
    const requests = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    await expect.poll(requests).toHaveLength(2);
    expect(requests()).toMatchObject([
      { level: "info", method: "GET", route: "/ok", status: 200, address: "127.0.0.1" },
      { level: "info", method: "GET", route: null, status: 404, reason: "not_found" },
    ]);
    expect(requests()[0].id).toMatch(/^[\w-]{16}$/);
    expect(requests()[0].ms).toBeTypeOf("number");
    expect(lines.join("")).not.toContain(secret);
  });

  test("finishes what it has begun when it stops, and begins nothing more", async () => {
    const stopping = build();
    let arrived = () => {};
    let answer = () => {};
    const begun = new Promise<void>((resolve) => (arrived = resolve));
    const held = new Promise<void>((resolve) => (answer = resolve));
    route(stopping, "GET", "/slow", {}, async () => {
      arrived();
      await held;
      return { ok: true };
    });
    const caller = callerOfOrigin(await stopping.listen({ host: "127.0.0.1", port: 0 }), authority.cert);
    const idle = await caller.dial();
    const running = caller.call("/slow");
    await begun;
    const ended = once(idle, "close");
    const closed = stopping.close();
    await ended;
    await expect(caller.call("/ok")).rejects.toThrow("ECONNREFUSED");
    answer();
    expect(await running).toMatchObject({ status: 200, headers: { connection: "close" } });
    await closed;
  });
});

describe("the server behind a proxy", () => {
  const proxied = (trusted: string[]) => build({ issuer: "https://auth.example.com", tls: { mode: "proxy", trusted } });
  const said = { "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9" };

  test.each([
    ["10.0.0.5", ["10.0.0.5"]],
    ["10.0.0.77", ["10.0.0.0/24"]],
    ["::ffff:10.0.0.5", ["10.0.0.5"]],
    ["fd00::7", ["fd00::/8"]],
  ])("serves a trusted one at %s", async (remoteAddress, trusted) => {
    const reply = await proxied(trusted).inject({ url: "/ip", headers: said, remoteAddress });
    expect(reply.json()).toEqual({ ip: "203.0.113.9" });
  });

  test.each([
    ["an untrusted peer", "10.0.0.6", said],
    ["a proxy that does not say https", "10.0.0.5", {}],
    ["a proxy that says http", "10.0.0.5", { ...said, "x-forwarded-proto": "http" }],
    ["a proxy that passes on what it was sent", "10.0.0.5", { ...said, "x-forwarded-proto": "https,http" }],
  ])("ASVS 12.2.1, RFC 6750 5.2: refuses %s", async (_name, remoteAddress, headers) => {
    const reply = await proxied(["10.0.0.5"]).inject({ url: "/ip", headers, remoteAddress });
    expect(reply.statusCode).toBe(403);
    expect(reply.json()).toEqual({ error: "tls_required" });
  });

  test("ASVS 4.1.3: takes the address that its proxy added, not one that the client sent", async () => {
    const reply = await proxied(["10.0.0.5"]).inject({
      url: "/ip",
      headers: { ...said, "x-forwarded-for": "1.1.1.1, 203.0.113.9" },
      remoteAddress: "10.0.0.5",
    });
    expect(reply.json()).toEqual({ ip: "203.0.113.9" });
  });

  test("ASVS 4.1.3: without a proxy believes nothing of it", async () => {
    const reply = await build().inject({ url: "/ip", headers: said, remoteAddress: "198.51.100.7" });
    expect(reply.json()).toEqual({ ip: "198.51.100.7" });
  });
});
