import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClientWorld } from "../client-world.ts";
import { memoryStorage } from "../keeping/storage.ts";
import type { Fate } from "../testing/door.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { KEPT } from "../testing/key.ts";
import { createStillWorld, type StillWorld } from "../testing/test-world.ts";
import type { SessionState } from "./session-state.ts";

const A_LIFE_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;
const BUSY: Fate = { status: 503, headers: { "retry-after": "1" }, body: '{"error":"busy"}' };

let house: House;
let world: StillWorld;
/** By how much the wall clock was set. */
let setBy: number;
let storage: ReturnType<typeof memoryStorage>;
let person: Person;
let known: SessionState;
let heard: SessionState["status"][];
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  world = hasty(createStillWorld());
  setBy = 0;
  storage = memoryStorage();
  person = await house.person({ world, storage });
  known = person.session.state;
  heard = [];
  person.session.subscribe(({ status }) => heard.push(status));
  house.auth.forget();
});
afterEach(() => house.auth.forwardAll());
afterAll(() => house.close());

/** A still world in which the short pauses between attempts go by, quickly. */
function hasty(still: StillWorld): StillWorld {
  return {
    ...still,
    get timers() {
      return still.timers;
    },
    now: () => still.now() + setBy,
    setTimer: (callback, wait, background) =>
      wait > 0 && wait < 2_000
        ? systemClientWorld.setTimer(callback, wait / 20, background)
        : still.setTimer(callback, wait, background),
  };
}

const answerRefreshes = (fate: Fate) =>
  house.auth.decide(({ path }) => (path === "/session/refresh" ? fate : undefined));
const statusOf = ({ session }: Pick<Person, "session">) => session.state.status;
/** Lets time go by until something has happened. */
const passUntil = (hasHappened: () => boolean) =>
  vi.waitUntil(
    () => {
      if (hasHappened()) return true;
      // Less than storage and the server are waited for.
      world.pass(1_900);
      return false;
    },
    { timeout: 10_000 },
  );
const becomes = (status: SessionState["status"], one: Pick<Person, "session"> = person) =>
  passUntil(() => statusOf(one) === status);
const goOffline = async (fate: Fate = "cut") => {
  answerRefreshes(fate);
  world.pass(A_LIFE_MS);
  await expect(person.session.accessToken()).rejects.toThrow();
  expect(statusOf(person)).toBe("offline");
};
const attempts = () => house.auth.to("/session/refresh").length;
/** Until the clock has had two more rounds of attempts made. */
const twoRounds = async () => {
  const before = attempts();
  await passUntil(() => attempts() > before + 3);
};

describe("a session whose server cannot be reached", () => {
  test("is offline, with who it is, what they may do, when its token expires and when it ends", async () => {
    await person.access.ready();
    const token = (await person.session.accessToken()) ?? "";
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    await goOffline();
    expect(person.session.state).toEqual({ ...known, status: "offline", expiresAt: exp });
    expect(person.session.permissions()).toEqual("permissions" in known && known.permissions);
    expect(person.can("account.me")).toBe(true);
  });

  test.each<[string, Fate]>([
    ["no network", "cut"],
    ["a lost reply", "lose-reply"],
    ["500", { status: 500, body: '{"error":"internal"}' }],
    ["503 of a database that is down", { status: 503, body: '{"error":"unavailable"}' }],
    ["somebody's page", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Free wifi!</h1>" }],
  ])("is told once that it is, and once that it is no more, without anybody's call (%s)", async (_, fate) => {
    await goOffline(fate);
    await twoRounds();
    expect(heard).toEqual(["refreshing", "offline"]);
    house.auth.forwardAll();
    await becomes("signed-in");
    expect(heard).toEqual(["refreshing", "offline", "signed-in"]);
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
  });

  test("is offline after a timeout", async () => {
    answerRefreshes("hang");
    const failed = expect(person.session.refresh()).rejects.toMatchObject({ reason: "network" });
    await becomes("offline");
    await failed;
  });

  test("is not offline where the server asks to come later: it is there", async () => {
    answerRefreshes(BUSY);
    world.pass(A_LIFE_MS);
    await expect(person.session.accessToken()).rejects.toMatchObject({ reason: "busy" });
    expect(heard).toEqual(["refreshing", "signed-in"]);
  });

  test("is offline no more once the server says that it is busy", async () => {
    await goOffline();
    answerRefreshes(BUSY);
    await becomes("signed-in");
  });

  test("signs out at once", async () => {
    await goOffline();
    house.auth.decide(() => "cut");
    await person.session.end();
    expect(heard).toEqual(["refreshing", "offline", "signed-out"]);
    expect(world.timers).toEqual([]);
  });

  test("is signed out, and never signed in between, where the server has ended it meanwhile", async () => {
    await goOffline();
    answerRefreshes({ status: 400, body: '{"error":"invalid_grant"}' });
    await becomes("signed-out");
    expect(heard).toEqual(["refreshing", "offline", "signed-out"]);
  });
});

describe("client case 14: the end of a session that passes offline", () => {
  test("signs out, and leaves nothing in storage", async () => {
    await goOffline();
    world.pass(89 * DAY_MS);
    await twoRounds();
    expect(statusOf(person)).toBe("offline");
    world.pass(DAY_MS);
    await becomes("signed-out");
    await vi.waitUntil(async () => (await storage.get(KEPT)) === null);
  });

  test("is not believed of one clock alone, which may be wrong", async () => {
    await goOffline();
    setBy = 365 * DAY_MS;
    await twoRounds();
    expect(statusOf(person)).toBe("offline");
    house.auth.forwardAll();
    await becomes("signed-in");
  });
});

describe("client case 14: a program that starts without a network", () => {
  test("and with tokens of long ago is offline, as who it was", async () => {
    answerRefreshes("cut");
    world.pass(DAY_MS);
    const again = house.client({ storage, world });
    expect(await again.session.ready()).toMatchObject({ account: "account" in known && known.account });
    await becomes("offline", again);
    expect(again.session.state).toMatchObject({ ...known, status: "offline" });
  });

  test("and with a token that is still good is signed in until it is due", async () => {
    answerRefreshes("cut");
    const again = house.client({ storage, world });
    expect(await again.session.ready()).toEqual(known);
    expect((await again.api.account.me.query()).email).toBe(person.account.email);
    expect(attempts()).toBe(0);
  });

  test("after the end of its session is signed out", async () => {
    answerRefreshes("cut");
    world.pass(91 * DAY_MS);
    const again = house.client({ storage, world });
    await again.session.ready();
    await becomes("signed-out", again);
  });
});
