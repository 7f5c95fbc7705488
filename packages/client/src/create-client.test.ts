import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { createApp, readConfig } from "@countersign/server";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createClient } from "./create-client.ts";
import { reasonOf } from "./errors.ts";
import { memoryStorage } from "./keeping/storage.ts";
import { freePort } from "./testing/free-port.ts";
import { type House, newAccount, openHouse } from "./testing/house.ts";
import { NOTES, type NotesRouter } from "./testing/notes.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

test("somebody signs up, is who they say, and signs out", async () => {
  const client = house.client();
  const account = newAccount();
  await client.signUp(account);
  const me = await client.api.account.me.query();
  expect(me).toMatchObject({ email: account.email, name: account.name });
  expect(client.session.state).toMatchObject({ status: "signed-in", account: me.id });
  await client.session.end();
  expect(client.session.state).toEqual({ status: "signed-out" });
});

test("in a host like React Native, without a page, locks, channels, databases or streams of text, it is all there", async () => {
  const missing = [
    "BroadcastChannel",
    "TextDecoderStream",
    "document",
    "indexedDB",
    "localStorage",
    "location",
    "navigator",
  ];
  for (const name of missing) vi.stubGlobal(name, undefined);
  try {
    const storage = memoryStorage();
    const client = house.client({ storage, audiences: [NOTES] });
    const account = newAccount();
    await client.signUp(account);
    await client.session.refresh();
    const notes = client.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch: "together" });
    expect((await notes.add.mutate({ title: "milk" })).title).toBe("milk");
    client.dispose();
    // The app is opened again.
    const again = house.client({ storage });
    expect((await again.api.account.me.query()).email).toBe(account.email);
    await again.session.end();
    expect(again.session.state).toEqual({ status: "signed-out" });
  } finally {
    vi.unstubAllGlobals();
  }
});

test.each([
  ["", "set up, call, renew, sign out, sign in again, and only to who has its authority"],
  ["/auth", "the same under a path"],
])("over TLS to the real server at https://localhost%s: %s", async (path) => {
  const folder = await mkdtemp(join(tmpdir(), "countersign-client-"));
  const port = `${await freePort()}`;
  const ISSUER = `https://localhost:${port}${path}`;
  const settings = { DATA_DIR: folder, PORT: port, ISSUER, PLAIN_PORT: "off", LOG_LEVEL: "silent" };
  const app = await createApp(
    readConfig(Object.fromEntries(Object.entries(settings).map(([name, value]) => [`COUNTERSIGN_${name}`, value]))),
  );
  await app.listen();
  const trusted = tls.getCACertificates("default");
  const client = createClient({ url: app.config.issuer });
  const account = { ...newAccount(), link: (await app.setUpLink()) ?? "" };
  expect(reasonOf(await client.setUp(account).catch((error: unknown) => error))).toBe("network");

  tls.setDefaultCACertificates([...trusted, readFileSync(join(folder, "ca.pem"), "utf8")]);
  await client.setUp(account);
  expect(client.session.state).toMatchObject({ permissions: expect.arrayContaining(["users:write"]) });
  await client.session.refresh();
  const [users, mine] = await Promise.all([client.api.users.list.query(), client.api.access.mine.query()]);
  expect(users.map(({ email }) => email)).toEqual([account.email]);
  expect(mine.paths).toContain("users.list");
  await client.session.end();
  expect(reasonOf(await client.api.users.list.query().catch((error: unknown) => error))).toBe("no_token");
  await client.signIn(account);
  expect(await client.api.account.sessions.query()).toHaveLength(1);

  client.dispose();
  tls.setDefaultCACertificates(trusted);
  await app.close();
  await rm(folder, { recursive: true });
});

test.each<[string, string]>([
  ["of another server", "https://elsewhere.test/setup#secret"],
  ["of another issuer there", "https://auth.test/other/setup#secret"],
  ["to another page", "https://auth.test/sign-up#secret"],
  ["without a secret", "https://auth.test/setup"],
  ["that is none", "setup"],
])("a set-up link %s is refused before anything is sent", async (_, link) => {
  const client = house.client();
  house.auth.forget();
  await expect(client.setUp({ ...newAccount(), link })).rejects.toMatchObject({ reason: "invalid_code" });
  expect(house.auth.seen).toEqual([]);
});

test("signing in sends what it needs and nothing else, to this server only", async () => {
  const person = await house.person();
  house.auth.forget();
  await person.signIn(person.account);
  const sent = house.auth.to("/trpc/signIn.password")[0];
  const { email, password } = person.account;
  expect(JSON.parse(sent?.body ?? "")).toEqual({ client: "cli", email, password });
  expect(sent?.authorization).toBeUndefined();
  house.auth.decide(() => ({ status: 307, headers: { location: `${house.notesDoor.origin}/hello` } }));
  house.notesDoor.forget();
  expect(reasonOf(await person.signIn(person.account).catch((error: unknown) => error))).toBe("network");
  house.auth.forwardAll();
  expect(house.notesDoor.seen).toEqual([]);
});

test("a sign-in that is refused says why, and leaves whoever is signed in", async () => {
  const person = await house.person();
  const { email } = person.account;
  const refused = await person.signIn({ email, password: "not the password" }).catch((error: unknown) => error);
  expect(reasonOf(refused)).toBe("wrong_credentials");
  const taken = await person.signUp(person.account).catch((error: unknown) => error);
  expect(reasonOf(taken)).toBe("conflict");
  expect((await person.api.account.me.query()).email).toBe(email);
});

test("two clients share nothing", async () => {
  const [one, other] = [await house.person(), await house.person()];
  await one.session.end();
  expect((await other.api.account.me.query()).email).toBe(other.account.email);
});

test("calls of one moment go each by itself", async () => {
  const person = await house.person();
  house.auth.forget();
  await Promise.allSettled([
    person.api.account.endOtherSessions.mutate(),
    person.api.account.changePassword.mutate({ current: "wrong", next: "a lantern on the water" }),
    person.api.account.me.query(),
    person.api.account.me.query(),
  ]);
  const paths = house.auth.seen.map(({ path }) => path.split("?")[0]).toSorted();
  expect(paths).toEqual([
    "/trpc/account.changePassword",
    "/trpc/account.endOtherSessions",
    "/trpc/account.me",
    "/trpc/account.me",
  ]);
});
