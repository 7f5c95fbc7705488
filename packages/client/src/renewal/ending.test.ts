import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { reasonOf } from "../errors.ts";
import { memoryStorage, type TokenStorage } from "../keeping/storage.ts";
import type { SessionWarning } from "../session/session-state.ts";
import { gate } from "../testing/gate.ts";
import { AUTH, type House, newAccount, openHouse, type Person } from "../testing/house.ts";
import { ENDED, KEPT } from "../testing/key.ts";

let house: House;
let storage: TokenStorage;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  storage = memoryStorage();
  person = await house.person({ storage });
  house.auth.forget();
});
afterEach(() => house.auth.forwardAll());
afterAll(() => house.close());

const offline = () => house.auth.decide(() => "cut");
const endings = () => house.auth.to("/session/end");
const statusWith = async (token: string | undefined) => {
  const { status } = await house.fetch(`${AUTH}/trpc/account.me`, { headers: { authorization: `Bearer ${token}` } });
  return status;
};

test("ASVS 14.3.1: signing out ends the session at the server, its token is refused at once, and storage is empty", async () => {
  const token = await person.session.accessToken();
  expect(await statusWith(token)).toBe(200);
  await person.session.end();
  expect(await statusWith(token)).toBe(401);
  expect(await storage.get(KEPT)).toBeNull();
  expect(await storage.get(ENDED)).toBeNull();
});

describe("client case 19: signing out without a server", () => {
  test("ASVS 14.3.1: is done here at once, and says that the server does not know yet", async () => {
    const warnings: SessionWarning[] = [];
    person.session.onWarning((warning) => warnings.push(warning));
    const gate = Promise.withResolvers<"cut">();
    house.auth.decide(() => gate.promise);
    const ended = person.session.end();
    await vi.waitUntil(() => endings().length === 1);
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(await person.session.accessToken()).toBeUndefined();
    expect(await storage.get(KEPT)).toBeNull();
    gate.resolve("cut");
    await ended;
    expect(warnings).toEqual([{ kind: "end_pending" }]);
  });

  test("is told to the server by the next client, which never renews that session", async () => {
    const token = await person.session.accessToken();
    offline();
    await person.session.end();
    expect(await statusOffline()).toBe("cut");
    house.auth.forwardAll();
    house.auth.forget();

    const next = house.client({ storage });
    expect(await next.session.ready()).toEqual({ status: "signed-out" });
    await vi.waitUntil(async () => (await storage.get(ENDED)) === null);
    expect(house.auth.seen.map(({ path }) => path)).toEqual(["/session/end"]);
    expect(await statusWith(token)).toBe(401);

    async function statusOffline() {
      return await house.fetch(`${AUTH}/livez`).then(
        () => "answered",
        () => "cut",
      );
    }
  });

  test("also where it was killed before it removed the session: what is marked as ended is not loaded", async () => {
    const record = (await storage.get(KEPT)) ?? "";
    offline();
    await person.session.end();
    await storage.set(KEPT, record);
    house.auth.forwardAll();
    house.auth.forget();
    const next = house.client({ storage });
    expect(await next.session.ready()).toEqual({ status: "signed-out" });
    await vi.waitUntil(async () => (await storage.get(ENDED)) === null);
    expect(house.auth.to("/session/refresh")).toHaveLength(0);
    expect(await storage.get(KEPT)).toBeNull();
  });

  test("is told once somebody signs in again, and leaves the new session alone", async () => {
    const token = await person.session.accessToken();
    offline();
    await person.session.end();
    house.auth.forwardAll();
    await person.signIn(person.account);
    await person.session.refresh();
    const next = house.client({ storage });
    expect(await next.session.ready()).toMatchObject({ status: "signed-in" });
    await vi.waitUntil(async () => (await storage.get(ENDED)) === null);
    expect(await statusWith(token)).toBe(401);
    expect(await next.api.account.sessions.query()).toHaveLength(1);
  });

  test("is not forgotten where the server is busy", async () => {
    house.auth.decide(() => ({ status: 503, body: '{"error":"busy"}' }));
    await person.session.end();
    expect(await storage.get(ENDED)).not.toBeNull();
  });

  test("is forgotten where the server will never want to hear of it", async () => {
    house.auth.decide(() => ({ status: 400, body: '{"error":"invalid_client"}' }));
    await person.session.end();
    expect(await storage.get(ENDED)).toBeNull();
  });
});

test("ASVS 7.2.4: signing in over a session ends that session", async () => {
  const token = await person.session.accessToken();
  await person.signIn(person.account);
  await vi.waitUntil(() => endings()[0]?.reply !== undefined);
  expect(await statusWith(token)).toBe(401);
  expect(await person.api.account.sessions.query()).toHaveLength(1);
  await vi.waitUntil(async () => (await storage.get(ENDED)) === null);
});

test("signing out while a sign-in is under way ends what it started", async () => {
  let ended: Promise<void> | undefined;
  house.auth.decide(({ path }) => {
    if (path === "/session/start") ended = person.session.end();
    return undefined;
  });
  await expect(person.signIn(person.account)).rejects.toMatchObject({ reason: "session_ended" });
  await ended;
  expect(person.session.state).toEqual({ status: "signed-out" });
  expect(await storage.get(KEPT)).toBeNull();
  expect(endings()).toHaveLength(2);
});

test("signing out while a password is being proved ends the sign-in, and its handoff is not redeemed", async () => {
  const client = house.client();
  const account = newAccount();
  await client.signUp(account);
  await client.session.end();
  const way = gate();
  house.auth.decide(async ({ path }) => {
    if (path === "/trpc/signIn.password") await way.pass();
    return undefined;
  });
  house.auth.forget();
  const signingIn = client.signIn(account).catch(reasonOf);
  await way.reached;
  await client.session.end();
  way.open();
  expect(await signingIn).toBe("session_ended");
  expect([client.session.state.status, house.auth.to("/session/start")]).toEqual(["signed-out", []]);
});

test("signing out in the same breath ends a sign-in that has only just begun", async () => {
  const account = newAccount();
  await house.client().signUp(account);
  const client = house.client();
  const signingIn = client.signIn(account).catch(reasonOf);
  await client.session.end();
  expect(await signingIn).toBe("session_ended");
  expect(client.session.state.status).toBe("signed-out");
});

test("signing out when nobody is signed in asks nobody", async () => {
  await person.session.end();
  house.auth.forget();
  await person.session.end();
  expect(house.auth.seen).toEqual([]);
});

test("a handoff that is used, or none, is refused for its reason", async () => {
  const { handoff } = await person.api.signIn.password.mutate({ client: "cli", ...credentials() });
  await person.session.start({ handoff });
  for (const dead of [handoff, "nonsense"]) {
    await expect(person.session.start({ handoff: dead })).rejects.toMatchObject({
      reason: "invalid_grant",
      status: 400,
    });
  }
  expect(person.session.state.status).toBe("signed-in");

  function credentials() {
    const { email, password } = person.account;
    return { email, password };
  }
});

test("a server that calls itself otherwise than it is called here is no place to sign in", async () => {
  const misaddressed = house.client({
    url: "https://elsewhere.test",
    fetch: (input, init) => house.fetch(String(input).replace("https://elsewhere.test", AUTH), init),
  });
  const error = await misaddressed.signIn(person.account).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ reason: "invalid_target" });
  expect((error as Error).cause).toMatchObject({
    message: "the server at https://elsewhere.test calls itself https://auth.test",
  });
  expect(misaddressed.session.state).toEqual({ status: "signed-out" });
  expect(endings()).toHaveLength(1);
});
