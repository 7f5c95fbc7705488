import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIssuer, type Issuer } from "../issuer.ts";
import { type RunningApp, startApp } from "./testing/running-app.ts";

let server: RunningApp;
let issuer: string;
beforeAll(async () => {
  server = await startApp();
  issuer = server.app.config.issuer;
});
afterAll(() => server.stop());

describe("the issuer's other routes", () => {
  test("RFC 8414 §2: publish metadata that lists what exists and nothing else", async () => {
    const { status, headers, body } = await server.call("/.well-known/oauth-authorization-server");
    expect({ status, ...headers }).toMatchObject({
      status: 200,
      "content-type": "application/json; charset=utf-8",
      "cache-control": "public, max-age=300",
    });
    const metadata = JSON.parse(body);
    expect(metadata).toEqual({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      countersign_feed_endpoint: `${issuer}/feed`,
      response_types_supported: [],
      grant_types_supported: [],
    });
    expect((await server.call(new URL(metadata.jwks_uri).pathname)).status).toBe(200);
  });

  test("publish public keys with nothing private in them", async () => {
    const { headers, body } = await server.call("/.well-known/jwks.json");
    expect(headers["cache-control"]).toBe("public, max-age=300");
    const { keys } = JSON.parse(body);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
  });

  test("say that it lives and is ready", async () => {
    expect(await server.call("/livez")).toMatchObject({ status: 200, body: '{"status":"alive"}' });
    expect(await server.call("/readyz")).toMatchObject({ status: 200, body: '{"status":"ready"}' });
    expect(await server.call("/readyz", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("show how to set up, on a page without a script that loads nothing", async () => {
    const { status, headers, body } = await server.call("/setup");
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: "text/html; charset=utf-8" });
    expect(body).toContain("npx -y pnpm@12 countersign setup");
    expect(body).not.toMatch(/<script|src=|href=|url\(|@import|\bon\w+=/i);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });

  test("corpus 74: name the issuer as configured, whatever Host a request has", async () => {
    const hosts = { host: "evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" };
    const { body } = await server.call("/.well-known/oauth-authorization-server", { headers: hosts });
    expect(body).not.toContain("evil.example");
    const link = await server.app.setUpLink();
    expect(link?.startsWith(`${issuer}/setup#`)).toBe(true);
  });
});

describe("the plugin in somebody's Fastify", () => {
  let directory: string;
  let embedded: Issuer;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "countersign-plugin-"));
    embedded = await createIssuer({
      issuer: "https://acme.example/auth",
      database: { sqlite: join(directory, "issuer.db") },
      masterKeys: [systemWorld.random(32)],
    });
  });
  afterAll(async () => {
    await embedded.close();
    rmSync(directory, { recursive: true });
  });

  async function host() {
    const app = fastify();
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ theirs: true }));
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ theirs: true }));
    app.get("/", async () => ({ hello: "world" }));
    app.post("/echo", async (request) => request.body);
    app.get("/broken", async () => {
      throw new Error("theirs");
    });
    await app.register(embedded.plugin);
    return app;
  }

  test("RFC 8414 §3: stands under the issuer's path, with its metadata before it", async () => {
    const app = await host();
    const metadata = await app.inject("/.well-known/oauth-authorization-server/auth");
    expect(metadata.json()).toMatchObject({
      issuer: "https://acme.example/auth",
      jwks_uri: "https://acme.example/auth/.well-known/jwks.json",
    });
    expect((await app.inject("/auth/.well-known/jwks.json")).statusCode).toBe(200);
    expect((await app.inject("/auth/trpc/account.me")).json().error.data.reason).toBe("no_token");
    expect((await app.inject({ method: "POST", url: "/auth/session/refresh" })).json()).toEqual({
      error: "bad_request",
    });
    expect((await app.inject("/auth/readyz")).json()).toEqual({ status: "ready" });
  });

  test("leaves their routes, errors, headers and parsers as they are", async () => {
    const app = await host();
    const hello = await app.inject("/");
    expect(hello.json()).toEqual({ hello: "world" });
    expect(hello.headers).not.toHaveProperty("content-security-policy");
    expect((await app.inject("/broken")).json()).toEqual({ theirs: true });
    expect((await app.inject("/nowhere")).json()).toEqual({ theirs: true });
    const text = { method: "POST", url: "/echo", headers: { "content-type": "text/plain" }, payload: "hi" } as const;
    expect((await app.inject(text)).body).toBe("hi");
    expect((await app.inject({ method: "POST", url: "/echo", payload: { a: 1 } })).json()).toEqual({ a: 1 });
  });

  test("answers as it does on its own, though their handlers stand around it", async () => {
    const app = await host();
    const reply = await app.inject("/auth/trpc/account.me");
    expect(reply.headers).toMatchObject({
      "cache-control": "no-store",
      "www-authenticate": "Bearer",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
    });
    const large = { method: "POST", url: "/auth/session/start", headers: { "x-countersign": "1" } } as const;
    expect((await app.inject({ ...large, payload: { client: "x".repeat(20_000) } })).json()).toEqual({
      error: "too_large",
    });
    const bad = await app.inject({ method: "POST", url: "/auth/trpc/signIn.password", payload: "x".repeat(200_000) });
    expect(bad.statusCode).toBe(415);
    expect(bad.json().error.data.reason).toBe("unsupported_media_type");
  });
});
