import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import type { AnyTRPCRouter } from "@trpc/server";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { refusalIn, send } from "./test-support/send.ts";

const folder = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");
const scratch = new URL(`.readme-${process.pid}/`, folder);
const ANOTHER_ROUTER = `
import { guard } from "./another-issuer.ts";
export const router = guard.router({
  me: guard.signedIn.query(({ ctx }) => ctx.principal.kind),
  list: guard.allowed("notes:read").query(({ ctx }) => ctx.principal.kind),
});
`;
let api: ChildProcess;
let url = "";
let printed = "";

beforeAll(async () => {
  mkdirSync(scratch);
  for (const [, body = ""] of readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const [, name = ""] = /^\/\/ ([\w-]+\.ts)\n/.exec(body) ?? [];
    // Any free port instead of the one that the page speaks of, and a word when it listens.
    const listen = ".listen(0, function () { console.log('port', this.address().port); })";
    writeFileSync(new URL(name, scratch), body.replace(".listen(3000)", listen));
  }
  api = spawn(process.execPath, ["--conditions=source", "server.ts"], {
    cwd: scratch,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of api.stdout ?? []) {
    printed += chunk;
    const [, port] = /port (\d+)/.exec(printed) ?? [];
    if (port === undefined) continue;
    url = `http://127.0.0.1:${port}`;
    return;
  }
});
const { fetch: runtimeFetch } = globalThis;
afterEach(() => {
  globalThis.fetch = runtimeFetch;
});
afterAll(async () => {
  if (api.exitCode === null) {
    const gone = once(api, "exit");
    api.kill();
    await gone;
  }
  rmSync(scratch, { recursive: true });
});

test("the README's API runs, and answers as the page says", async () => {
  const health = await fetch(`${url}/health`);
  expect(await health.json()).toEqual({ result: { data: "ok" } });
  for (const path of ["me", "notes.list"]) {
    const nobody = await fetch(`${url}/${path}`);
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
    expect(await nobody.text()).toContain('"reason":"no_token"');
  }
});

test("its access table is printed at start", () => {
  expect(printed).toMatch(/health.*the load balancer asks/);
  expect(printed).toMatch(/notes\.edit.*notes:write/);
});

test("its tests pass", async () => {
  const run = promisify(execFile)(process.execPath, ["--conditions=source", "--test", "router-test.ts"], {
    cwd: scratch,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, VITEST: undefined },
  });
  expect((await run).stdout).toMatch(/pass 2\n/);
});

test("its guard before Auth0 takes a person for an account, and a program for a service", async () => {
  const issuer = "https://tenant.eu.auth0.com/";
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "key-1", alg: "RS256", use: "sig" }];
  globalThis.fetch = async (url) =>
    Response.json(`${url}`.endsWith("/jwks.json") ? { keys } : { issuer, jwks_uri: `${issuer}.well-known/jwks.json` });
  writeFileSync(new URL("another-router.ts", scratch), ANOTHER_ROUTER);
  const { router } = (await import(new URL("another-router.ts", scratch).href)) as { router: AnyTRPCRouter };
  const as = async (path: string, sub: string) => {
    const claims = { sub, client_id: "Zb3k", permissions: ["notes:read"] };
    const jwt = new SignJWT(claims).setIssuer(issuer).setAudience("https://api.acme.example").setJti("1");
    const header = { alg: "RS256", typ: "at+jwt", kid: "key-1" };
    const token = await jwt.setIssuedAt().setExpirationTime("1h").setProtectedHeader(header).sign(privateKey);
    return await send(router, path, { token });
  };
  expect((await as("me", "auth0|ann")).body.result?.data).toBe("account");
  expect((await as("list", "Zb3k@clients")).body.result?.data).toBe("service");
  expect(refusalIn(await as("me", "Zb3k@clients")).reason).toBe("account_required");
});
