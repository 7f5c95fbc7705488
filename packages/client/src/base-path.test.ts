import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type Issuer } from "@countersign/server";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type CountersignClient, createClient, type SharedOptions } from "./create-client.ts";
import { memoryStorage } from "./keeping/storage.ts";
import type { DefaultMode } from "./mode.ts";
import { newAccount } from "./testing/house.ts";

// Two issuers at one origin, each under a path of its own, beside somebody's pages: all of it as one fetch handler.

const ORIGIN = "https://app.test";
let folder: string;
let issuers: Readonly<Record<"/auth" | "/staff", Issuer>>;
const seen: string[] = [];
const clients: CountersignClient[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-client-"));
  const open = (path: string) =>
    createIssuer({
      issuer: ORIGIN + path,
      database: { sqlite: join(folder, `${path.slice(1)}.db`) },
      masterKeys: { file: join(folder, `${path.slice(1)}-key`) },
      signUp: "open",
    });
  issuers = { "/auth": await open("/auth"), "/staff": await open("/staff") };
});
afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
});
afterAll(async () => {
  await Promise.all(Object.values(issuers).map((issuer) => issuer.close()));
  await rm(folder, { recursive: true });
});

const app: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const { pathname } = new URL(request.url);
  seen.push(pathname);
  for (const [path, issuer] of Object.entries(issuers)) {
    if (pathname.startsWith(`${path}/`)) return await issuer.fetch(request, { address: "192.0.2.1" });
  }
  return Response.json({ authorization: request.headers.get("authorization") });
};

function clientOf(path: "/auth" | "/staff", options: Partial<SharedOptions> & DefaultMode = {}): CountersignClient {
  const client = createClient({ url: ORIGIN + path, fetch: app, ...options });
  clients.push(client);
  return client;
}

test("under a path everything goes there and nowhere else: sign up, call, renew, sign out, sign in", async () => {
  const client = clientOf("/auth");
  seen.length = 0;
  const account = newAccount();
  await client.signUp(account);
  await client.session.refresh();
  const [me, sessions] = await Promise.all([client.api.account.me.query(), client.api.account.sessions.query()]);
  expect([me.email, sessions.length]).toEqual([account.email, 1]);
  await client.session.end();
  await client.signIn(account);
  expect([...new Set(seen)].sort()).toEqual([
    "/auth/session/end",
    "/auth/session/refresh",
    "/auth/session/start",
    "/auth/trpc/account.me",
    "/auth/trpc/account.sessions",
    "/auth/trpc/signIn.password",
    "/auth/trpc/signIn.signUp",
  ]);
});

test("a slash at the end of the address changes nothing", async () => {
  const client = createClient({ url: `${ORIGIN}/auth/`, fetch: app });
  clients.push(client);
  const account = newAccount();
  await client.signUp(account);
  expect((await client.api.account.me.query()).email).toBe(account.email);
});

test("a set-up link is for the issuer that made it", async () => {
  const link = (await issuers["/auth"].setUpLink()) ?? "";
  expect(link.startsWith(`${ORIGIN}/auth/setup#`)).toBe(true);
  seen.length = 0;
  await expect(clientOf("/staff").setUp({ ...newAccount(), link })).rejects.toMatchObject({ reason: "invalid_code" });
  expect(seen).toEqual([]);
  const client = clientOf("/auth");
  await client.setUp({ ...newAccount(), link });
  expect(client.session.state).toMatchObject({ permissions: expect.arrayContaining(["users:write"]) });
});

test("two issuers at one origin keep their sessions apart in one storage, and a token of one is none at the other", async () => {
  const storage = memoryStorage();
  const [ann, sue] = [newAccount(), newAccount()];
  await clientOf("/auth", { storage }).signUp(ann);
  await clientOf("/staff", { storage }).signUp(sue);
  const [app, staff] = [clientOf("/auth", { storage }), clientOf("/staff", { storage })];
  expect((await app.api.account.me.query()).email).toBe(ann.email);
  expect((await staff.api.account.me.query()).email).toBe(sue.email);
  const crossed = await app.session.fetch(`${ORIGIN}/staff/trpc/account.me`);
  expect(crossed.status).toBe(401);
  await app.session.end();
  expect((await staff.api.account.me.query()).email).toBe(sue.email);
});
