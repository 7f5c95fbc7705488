import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { afterEach, describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { createLog } from "./http/log.ts";
import { administrator, type RunningApp, startApp } from "./http/testing/running-app.ts";
import { makeAuthority, makeLeaf } from "./http/tls/authority.ts";
import type { Pair } from "./http/tls/pair.ts";
import { freePort } from "./testing/free-port.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(settings: Record<string, string> = {}, authority?: string): Promise<RunningApp> {
  const server = await startApp(settings, authority);
  cleanUp.push(server.stop);
  return server;
}

async function occupy(host: string): Promise<{ port: number; server: Server }> {
  const port = await freePort();
  const server = createServer().listen(port, host);
  await once(server, "listening");
  cleanUp.push(() => server.close());
  return { port, server };
}

describe("the server", () => {
  test("listens at both loopback addresses as one", async () => {
    const server = await start();
    for (const host of ["127.0.0.1", "::1"]) {
      const socket = await server.dial({ host });
      socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      expect(String((await once(socket, "data"))[0])).toContain("200 OK");
      socket.destroy();
    }
  });

  test.each(["127.0.0.1", "::1"])("refuses to start when somebody else has its port at %s", async (host) => {
    const { port } = await occupy(host);
    await expect(startApp({ PORT: `${port}` })).rejects.toThrow(
      `Port ${port} is in use: stop the other program, or choose another by COUNTERSIGN_PORT.`,
    );
  });

  test("ends what is idle at either address when it stops", async () => {
    const server = await startApp();
    const idle = await Promise.all(["127.0.0.1", "::1"].map((host) => server.dial({ host })));
    const ended = Promise.all(idle.map((socket) => once(socket, "close")));
    await server.stop();
    await ended;
  });

  test("finishes what it has begun when it stops, and closes its database after that", async () => {
    const server = await startApp();
    await server.handoff("cli");
    const { email, password } = administrator;
    const signIn = server.post("/trpc/signIn.password", { client: "cli", email, password });
    await once(server.app.fastify.server, "request");
    await server.stop();
    expect((await signIn).status).toBe(200);
  });

  test("server case 16: takes a new certificate from its files while connections go on", async () => {
    const authority = makeAuthority(systemWorld);
    const [first, second] = [makeLeaf(authority, systemWorld), makeLeaf(authority, systemWorld)];
    const directory = mkdtempSync(join(tmpdir(), "countersign-cert-"));
    cleanUp.push(() => rmSync(directory, { recursive: true }));
    const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
    const install = (pair: Pair) => {
      writeFileSync(key, pair.key, { mode: 0o600 });
      writeFileSync(cert, pair.cert);
    };
    install(first);
    const server = await startApp({ TLS: "files", TLS_CERT: cert, TLS_KEY: key }, authority.cert);
    cleanUp.push(server.stop);

    const early = await server.dial();
    install(second);
    const served = async () => {
      const socket = await server.dial();
      const certificate = socket.getPeerX509Certificate()?.toString();
      socket.destroy();
      return certificate;
    };
    await expect.poll(served, { timeout: 20_000 }).toBe(second.cert);
    early.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(String((await once(early, "data"))[0])).toContain("200 OK");
    expect(early.getPeerX509Certificate()?.toString()).toBe(first.cert);
    early.destroy();
  });

  test("keeps the link for the first administrator in a file for its owner, until there is one", async () => {
    const server = await start();
    const file = join(server.dataDir, "setup-link");
    const link = await server.app.setUpLink();
    expect(readFileSync(file, "utf8")).toBe(`${link}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await server.handoff("cli");
    expect(await server.app.setUpLink()).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    expect(server.lines.join("")).not.toContain(link?.split("#")[1]);
  });

  test("keeps its data to its owner", async () => {
    const parent = mkdtempSync(join(tmpdir(), "countersign-dir-"));
    cleanUp.push(() => rmSync(parent, { recursive: true }));
    const dataDir = join(parent, "a", "b");
    await start({ DATA_DIR: dataDir });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, "master-key")).mode & 0o777).toBe(0o600);
  });

  test("does not hide a database whose master key is gone behind a new key", async () => {
    const server = await startApp();
    await server.app.close();
    cleanUp.push(() => rmSync(server.dataDir, { recursive: true }));
    rmSync(join(server.dataDir, "master-key"));
    await expect(createApp(server.app.config, { log: createLog("silent") })).rejects.toThrow(
      "must hold the master key",
    );
    expect(existsSync(join(server.dataDir, "master-key"))).toBe(false);
  });

  test("says so when its data directory cannot be made", async () => {
    const config = readConfig({ COUNTERSIGN_DATA_DIR: "/dev/null/data" });
    await expect(createApp(config, { log: createLog("silent") })).rejects.toThrow("COUNTERSIGN_DATA_DIR");
  });

  test("keeps what it was told over a restart", async () => {
    const server = await startApp();
    cleanUp.push(() => rmSync(server.dataDir, { recursive: true }));
    const handoff = await server.handoff("cli");
    const { refresh_token } = JSON.parse((await server.post("/session/start", { client: "cli", handoff })).body);
    await server.app.close();
    const again = await createApp(server.app.config, { log: createLog("silent") });
    cleanUp.push(() => again.close());
    await again.listen();
    expect((await server.post("/session/refresh", { client: "cli", refresh_token })).status).toBe(200);
  });
});

describe("the server behind a proxy", () => {
  test.each(["", "/auth"])(
    "ASVS 12.2.1: serves without TLS whoever it was told to trust, for what came to it over TLS, under %j",
    async (base) => {
      const issuer = `https://auth.example.com${base}`;
      const server = await start({ TLS: "proxy", TRUSTED_PROXIES: "127.0.0.1", ISSUER: issuer }, "no authority");
      const ask = async (headers: Record<string, string>, path = `/.well-known/oauth-authorization-server${base}`) => {
        const reply = await fetch(`http://127.0.0.1:${server.app.config.port}${path}`, { headers });
        return { status: reply.status, body: await reply.json() };
      };
      expect(await ask({ "x-forwarded-proto": "https" })).toMatchObject({
        status: 200,
        body: { issuer },
      });
      expect(await ask({})).toEqual({ status: 403, body: { error: "tls_required" } });
      expect(await ask({}, `${base}/readyz`)).toMatchObject({ status: 200 });
      expect(existsSync(join(server.dataDir, "ca.pem"))).toBe(false);
    },
  );
});

describe("the plain port of the server", () => {
  test("server case 16: leads browsers to the issuer and refuses calls, at both loopback addresses", async () => {
    const port = await freePort();
    const server = await start({ PLAIN_PORT: `${port}` });
    for (const host of ["127.0.0.1", "::1"]) {
      const sent = request({ host, port, path: "/setup", headers: { accept: "text/html" } }).end();
      const [reply] = await once(sent, "response");
      expect(reply).toMatchObject({ statusCode: 308, headers: { location: `${server.app.config.issuer}/setup` } });
      reply.resume();
    }
    const call = await fetch(`http://127.0.0.1:${port}/trpc/account.me`);
    expect({ status: call.status, body: await call.text() }).toEqual({ status: 403, body: '{"error":"tls_required"}' });
  });

  test("is no reason to stop when nobody chose it and somebody else has it", async () => {
    const { port } = await occupy("127.0.0.1");
    const dataDir = mkdtempSync(join(tmpdir(), "countersign-plain-"));
    cleanUp.push(() => rmSync(dataDir, { recursive: true }));
    const config = readConfig({ COUNTERSIGN_PORT: `${await freePort()}`, COUNTERSIGN_DATA_DIR: dataDir });
    const lines: string[] = [];
    const log = createLog("warn", { write: (line) => void lines.push(line) });
    const app = await createApp({ ...config, plain: { port, chosen: false } }, { log });
    cleanUp.push(() => app.close());
    await app.listen();
    expect(lines.join("")).toContain(`no plain port: Port ${port} is in use`);
  });

  test("is one when it was chosen", async () => {
    const { port } = await occupy("127.0.0.1");
    await expect(startApp({ PLAIN_PORT: `${port}` })).rejects.toThrow("COUNTERSIGN_PLAIN_PORT");
  });
});
