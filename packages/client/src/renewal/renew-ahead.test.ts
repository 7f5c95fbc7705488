import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { AUTH, type House, openHouse, type Person } from "../testing/house.ts";
import { createStillWorld, type StillWorld } from "../testing/test-world.ts";

const A_LIFE_MS = 5 * 60_000;

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.auth.forwardAll());
afterAll(() => house.close());

const refreshes = () => house.auth.to("/session/refresh").length;
const signedIn = async (world: StillWorld, to: House = house) => {
  const person = await to.person({ world });
  to.auth.forget();
  return person;
};
const use = async (person: Person) => {
  await person.api.account.me.query();
};
const renewed = (times: number, person: Person) =>
  vi.waitUntil(() => refreshes() === times && person.session.state.status !== "refreshing");

describe("a session in use", () => {
  test.each([
    [0, 0.6],
    [0.5, 0.725],
    [0.999999, 0.85],
  ])("is renewed by itself, at a random 60 to 85 % of a token's life (chance %s)", async (random, part) => {
    const world = createStillWorld(random);
    const person = await signedIn(world);
    await use(person);
    expect(world.timers).toHaveLength(1);
    world.pass(A_LIFE_MS * part - 1);
    expect(refreshes()).toBe(0);
    world.pass(2);
    await renewed(1, person);
    await use(person);
    world.pass(A_LIFE_MS * part + 1);
    await renewed(2, person);
  });

  test("is tried again while the server is busy, as long as its token lives and not longer", async () => {
    const world = createStillWorld();
    const person = await signedIn(world);
    await use(person);
    house.auth.decide(() => ({ status: 503, headers: { "retry-after": "30" }, body: '{"error":"busy"}' }));
    world.pass(A_LIFE_MS * 0.6);
    await renewed(1, person);
    await vi.waitUntil(() => world.timers.length === 1);
    expect(world.timers[0]).toBeGreaterThanOrEqual(30_000);
    world.pass(A_LIFE_MS);
    await renewed(2, person);
    await new Promise(setImmediate);
    expect(world.timers).toEqual([]);
    expect(person.session.state.status).toBe("signed-in");
  });

  test("that the server does not renew is signed out by itself when its token expires", async () => {
    const world = createStillWorld();
    const person = await signedIn(world);
    house.auth.decide(() => ({ status: 400, body: '{"error":"invalid_grant"}' }));
    await expect(person.session.refresh()).rejects.toMatchObject({ reason: "invalid_grant" });
    world.pass(A_LIFE_MS - 1);
    expect(person.session.state.status).toBe("signed-in");
    world.pass(1);
    await vi.waitUntil(() => person.session.state.status === "signed-out");
  });
});

test("a session that nobody uses is left to end from idleness", async () => {
  const world = createStillWorld();
  const person = await signedIn(world);
  world.pass(A_LIFE_MS);
  // Whatever was asked would have been asked before this.
  for (let time = 0; time < 3; time += 1) await house.fetch(`${AUTH}/livez`);
  expect(refreshes()).toBe(0);
  expect(world.timers).toEqual([]);
  await use(person);
  expect(refreshes()).toBe(1);
});

test("the timer lets the program end", async () => {
  const world = createStillWorld();
  const kept: (boolean | undefined)[] = [];
  const setTimer: StillWorld["setTimer"] = (callback, wait, background) => {
    if (wait > 10_000) kept.push(background);
    return world.setTimer(callback, wait, background);
  };
  await house.person({ world: { ...world, setTimer } });
  expect(kept).toEqual([true]);
});

test("signing out stops the timer", async () => {
  const world = createStillWorld();
  const person = await signedIn(world);
  expect(world.timers).toHaveLength(1);
  await person.session.end();
  expect(world.timers).toEqual([]);
});

test("dispose() stops the timer for good, and what is asked for still works", async () => {
  const world = createStillWorld();
  const person = await signedIn(world);
  person.dispose();
  expect(world.timers).toEqual([]);
  await person.session.refresh();
  await use(person);
  expect(world.timers).toEqual([]);
});

test("client case 17: a life shorter than any margin makes no loop", async () => {
  const brief = await openHouse({ lifetimes: { accessToken: 1 } });
  const world = createStillWorld();
  const person = await signedIn(world, brief);
  const asked = () => brief.auth.to("/session/refresh").length;
  expect(world.timers).toEqual([]);
  for (let time = 0; time < 10; time += 1) await use(person);
  expect(asked()).toBe(0);
  for (const expired of [1, 2, 3]) {
    world.pass(1_000);
    for (let time = 0; time < 3; time += 1) await use(person);
    expect(asked()).toBe(expired);
    expect(world.timers).toEqual([]);
  }
  await brief.close();
});

test("client case 17: a life that is over when its token arrives makes one refresh for each call", async () => {
  const brief = await openHouse({ lifetimes: { accessToken: 1 } });
  const world = createStillWorld();
  const person = await signedIn(world, brief);
  world.pass(1_000);
  const slow = { afterReply: async () => world.pass(2_000), lose: false } as const;
  brief.auth.decide(({ path }) => (path === "/session/refresh" ? slow : undefined));
  for (const call of [1, 2, 3]) {
    await use(person);
    expect(brief.auth.to("/session/refresh")).toHaveLength(call);
  }
  expect(person.session.state.status).toBe("signed-in");
  await brief.close();
});
