import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryStorage } from "../keeping/storage.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { createTestWorld, type TestWorld } from "../testing/test-world.ts";
import { elapsedSince, momentAt, momentOf } from "./clock-skew.ts";

const HOUR_MS = 3_600_000;
const A_LIFE_MS = 5 * 60_000;

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const refreshes = () => house.auth.to("/session/refresh").length;
const call = async (person: Person, times: number) => {
  for (let time = 0; time < times; time += 1) {
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
  }
};
const signedIn = async (world: TestWorld) => {
  const person = await house.person({ world });
  house.auth.forget();
  return person;
};

describe("client case 15: a local clock that is wrong", () => {
  test.each([
    ["an hour ahead", HOUR_MS],
    ["an hour behind", -HOUR_MS],
    ["at the epoch", -Date.now()],
  ])("%s: tokens live as long as the server says", async (_, offset) => {
    const world = createTestWorld();
    world.setClock(offset);
    const person = await signedIn(world);
    await call(person, 3);
    expect(refreshes()).toBe(0);
    world.pass(A_LIFE_MS);
    await call(person, 3);
    expect(refreshes()).toBe(1);
  });

  test("and is set forward while running: one renewal, and everything is measured anew", async () => {
    const world = createTestWorld();
    const person = await signedIn(world);
    world.setClock(HOUR_MS);
    await call(person, 3);
    expect(refreshes()).toBe(1);
  });

  test("and is set back while running: a token expires when it should all the same", async () => {
    const world = createTestWorld();
    const person = await signedIn(world);
    world.setClock(-HOUR_MS);
    await call(person, 3);
    expect(refreshes()).toBe(0);
    world.pass(A_LIFE_MS);
    await call(person, 3);
    expect(refreshes()).toBe(1);
  });

  test("and was set back between two runs: what was kept counts as expired", async () => {
    const storage = memoryStorage();
    const person = await house.person({ storage });
    house.auth.forget();
    const world = createTestWorld();
    world.setClock(-HOUR_MS);
    await call({ ...house.client({ storage, world }), account: person.account }, 3);
    expect(refreshes()).toBe(1);
  });
});

test("a monotonic clock that stood still while the machine slept does not keep a token alive", async () => {
  const world = createTestWorld();
  const person = await signedIn(world);
  world.setClock(A_LIFE_MS);
  await call(person, 2);
  expect(refreshes()).toBe(1);
});

test("a token that was kept is used by the next run for as long as it lives", async () => {
  const storage = memoryStorage();
  const first = await house.person({ storage });
  house.auth.forget();
  const world = createTestWorld();
  world.pass(A_LIFE_MS / 2);
  const next = { ...house.client({ storage, world }), account: first.account };
  await call(next, 2);
  expect(refreshes()).toBe(0);
  world.pass(A_LIFE_MS / 2);
  await call(next, 2);
  expect(refreshes()).toBe(1);
});

describe("what has elapsed", () => {
  const clocks = (wall: number, monotonic: number) => ({ now: () => wall, monotonic: () => monotonic });

  test.each([
    ["both agree", 1_100, 150, 100],
    ["the wall clock was set back", 500, 150, 100],
    ["the monotonic clock stood still", 1_100, 50, 100],
  ])("is what the faster clock says: %s", (_, wall, monotonic, elapsed) => {
    const moment = momentOf(clocks(1_000, 50));
    expect(elapsedSince(moment, clocks(wall, monotonic))).toBe(elapsed);
  });

  test("since a moment of an earlier run is measured by the wall clock, and from then on by both", () => {
    const moment = momentAt(1_000, clocks(1_300, 7));
    expect(elapsedSince(moment, clocks(1_300, 7))).toBe(300);
    expect(elapsedSince(moment, clocks(0, 10))).toBe(303);
  });

  test("since a moment that has yet to come is endless", () => {
    expect(elapsedSince(momentAt(1_000, clocks(999, 7)), clocks(999, 7))).toBe(Number.POSITIVE_INFINITY);
  });
});
