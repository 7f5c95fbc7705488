import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
      dpop_signing_alg_values_supported: ["ES256"],
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

  test("ASVS 3.4.3, 3.4.6: show how to set up, on a page without a script that loads nothing", async () => {
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
