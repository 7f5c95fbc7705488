import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createClient } from "../create-client.ts";
import { memoryStorage } from "../keeping/storage.ts";
import { AUTH, type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";

let house: House;
let person: Person;
/** What went out, as it went out. */
let sent: Request[];
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  sent = [];
  person = await house.person({
    audiences: [NOTES],
    fetch: async (input, init) => {
      sent.push(new Request(input instanceof Request ? input.clone() : input, init));
      const { origin } = new URL(input instanceof Request ? input.url : input);
      return origin === AUTH || origin === NOTES ? await house.fetch(input, init) : new Response("elsewhere");
    },
  });
  sent.length = 0;
});
afterEach(() => {
  house.auth.forwardAll();
  house.notesDoor.forwardAll();
});
afterAll(() => house.close());

const authorizationOf = (request: Request | undefined) => request?.headers.get("authorization") ?? null;
const bearer = async (audience?: string) => `Bearer ${await person.session.accessToken(audience)}`;

describe("a token goes to the origin of its audience", () => {
  test("each to its own", async () => {
    await person.session.fetch(`${AUTH}/trpc/account.me`);
    await person.session.fetch(new URL("/who", NOTES));
    await person.session.fetch(new Request(`${NOTES}/who`));
    expect(sent.map(authorizationOf)).toEqual([await bearer(), await bearer(NOTES), await bearer(NOTES)]);
    expect(await bearer()).not.toBe(await bearer(NOTES));
  });

  test.each([
    "https://elsewhere.test/",
    "http://auth.test/",
    "https://auth.test:8443/",
    "https://auth.test.elsewhere.test/",
    "https://sub.auth.test/",
    "https://auth.test@elsewhere.test/",
    "https://notes.test./",
  ])("and to no other: %s", async (url) => {
    await person.session.fetch(url).catch(() => undefined);
    await person.session.fetch(new Request(url.replace("auth.test@", ""))).catch(() => undefined);
    expect(sent.map(authorizationOf)).toEqual(sent.map(() => null));
    expect(sent.length).toBeGreaterThan(0);
  });

  test("and not where it is redirected to", async () => {
    house.notesDoor.decide(() => ({ status: 302, headers: { location: "https://elsewhere.test/" } }));
    await expect(person.session.fetch(`${NOTES}/who`, { redirect: "follow" })).rejects.toThrow(TypeError);
    expect(sent.map(({ url, redirect }) => [url, redirect])).toEqual([[`${NOTES}/who`, "manual"]]);
  });

  test("and not beside another that the caller brings", async () => {
    const headers = { Authorization: "Bearer theirs" };
    await person.session.fetch(`${NOTES}/who`, { headers });
    await person.session.fetch(new Request(`${NOTES}/who`, { headers }));
    expect(sent.map(authorizationOf)).toEqual(["Bearer theirs", "Bearer theirs"]);
  });

  test("and there is none for who is signed out", async () => {
    await person.session.end();
    sent.length = 0;
    expect((await person.session.fetch(`${NOTES}/who`)).status).toBe(401);
    expect(sent.map(authorizationOf)).toEqual([null]);
  });
});

test("who gives up a request does not wait for a storage that hangs", async () => {
  const storage = { ...memoryStorage(), get: () => new Promise<never>(() => undefined) };
  const client = house.client({ audiences: [NOTES], storage, world: createTestWorld() });
  const givingUp = new AbortController();
  const request = client.session.fetch(`${NOTES}/who`, { signal: givingUp.signal });
  givingUp.abort(new Error("given up"));
  await expect(request).rejects.toThrow("given up");
});

test("everything else of a request goes along as it was", async () => {
  const body = JSON.stringify(superjson.serialize({ title: "milk" }));
  const headers = { "content-type": "application/json", "x-own": "1" };
  const first = await person.session.fetch(`${NOTES}/add`, { method: "POST", headers, body });
  const second = await person.session.fetch(new Request(`${NOTES}/add`, { method: "POST", headers, body }));
  expect([first.status, second.status]).toEqual([200, 200]);
  for (const request of sent) {
    expect([request.method, request.headers.get("x-own"), await request.text()]).toEqual(["POST", "1", body]);
  }
});

test("what is no address is refused by fetch itself", async () => {
  await expect(createClient({ url: AUTH }).session.fetch("/relative")).rejects.toThrow(TypeError);
});

test.each([
  "http://auth.test",
  "ftp://auth.test",
  "auth.test",
  "",
  "https://user:secret@auth.test",
  "https://auth.test/?a=1",
  "https://auth.test/#a",
])("a client of %j is refused, and so is an audience", (url) => {
  expect(() => createClient({ url })).toThrow(TypeError);
  expect(() => createClient({ url: AUTH, audiences: [url] })).toThrow(TypeError);
  expect(() => person.connect<NotesRouter>({ url: NOTES, audience: url, transformer: superjson })).toThrow(TypeError);
});

test.each(["https://auth.test/", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:80"])(
  "a client of %s is made",
  (url) => {
    expect(createClient({ url, fetch: house.fetch }).session.state).toEqual({ status: "unknown" });
  },
);
