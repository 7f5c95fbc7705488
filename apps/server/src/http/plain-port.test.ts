import { once } from "node:events";
import { request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPlainServer } from "./plain-port.ts";

const ORIGIN = "https://auth.example.com:8443";
const browser = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };

let server: Server;
let port: number;
beforeAll(async () => {
  server = createPlainServer(`${ORIGIN}/auth`).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

async function ask(path: string, headers: Record<string, string>, method = "GET") {
  const sent = request({ port, host: "127.0.0.1", path, method, headers }).end();
  const [reply] = await once(sent, "response");
  let body = "";
  for await (const chunk of reply) body += chunk;
  return { status: reply.statusCode, location: reply.headers.location, cache: reply.headers["cache-control"], body };
}

describe("the plain port", () => {
  test("server case 16: sends a browser to the same page of the issuer's origin, and lets nobody keep that", async () => {
    expect(await ask("/auth/setup", browser)).toMatchObject({
      status: 308,
      location: `${ORIGIN}/auth/setup`,
      cache: "no-store",
    });
    expect(await ask("/setup", { ...browser, "sec-fetch-mode": "navigate" }, "HEAD")).toMatchObject({ status: 308 });
  });

  test.each([
    ["a program", "GET", {}],
    ["a program that takes anything", "GET", { accept: "*/*" }],
    ["a call for JSON", "GET", { accept: "application/json" }],
    ["a form", "POST", browser],
    ["a page's script", "GET", { ...browser, "sec-fetch-mode": "cors" }],
    ["whoever shows a token", "GET", { ...browser, authorization: "Bearer x" }],
    ["another method", "DELETE", browser],
  ])("ASVS 4.1.2: refuses %s without a redirect", async (_name, method, headers) => {
    const reply = await ask("/trpc/account.me", headers, method);
    expect(reply).toMatchObject({ status: 403, body: '{"error":"tls_required"}' });
    expect(reply.location).toBeUndefined();
  });

  test("corpus 74: knows where the issuer is from nobody's Host", async () => {
    const reply = await ask("/a", { ...browser, host: "evil.example", "x-forwarded-host": "evil.example" });
    expect(reply.location).toBe(`${ORIGIN}/a`);
  });

  test.each([
    ["//evil.example/x", `${ORIGIN}//evil.example/x`],
    ["http://evil.example/x", `${ORIGIN}/`],
    ["/a?token=secret", `${ORIGIN}/a`],
    ["/\\evil.example", `${ORIGIN}/\\evil.example`],
    ["*", `${ORIGIN}/`],
  ])("ASVS 3.7.2: leads nowhere else when asked for %s", async (path, location) => {
    const reply = await ask(path, browser);
    expect(reply.location).toBe(location);
    expect(new URL(reply.location ?? "").origin).toBe(ORIGIN);
  });

  test("answers what is no HTTP with a refusal and goes on", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    const [chunk] = await once(socket, "data");
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
    expect(await ask("/", browser)).toMatchObject({ status: 308 });
  });
});
