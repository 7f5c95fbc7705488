import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ClientError, reasonOf } from "../errors.ts";
import { memoryStorage, type TokenStorage } from "../keeping/storage.ts";
import type { SessionWarning } from "../session/session-state.ts";
import type { Fate, Seen } from "../testing/door.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";
import { createTestWorld, type TestWorld } from "../testing/test-world.ts";

const A_LIFE_MS = 5 * 60_000;

let house: House;
let world: TestWorld;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  world = createTestWorld({ pace: 20 });
  person = await house.person({ world });
  house.auth.forget();
});
afterEach(() => house.auth.forwardAll());
afterAll(() => house.close());

const refreshes = () => house.auth.to("/session/refresh");
/** Gives refreshes their fates in order; the last one is for all that follow. */
const decideRefreshes = (...fates: readonly [Fate, ...Fate[]]) => {
  let at = 0;
  house.auth.decide(({ path }) => {
    if (path !== "/session/refresh") return undefined;
    at += 1;
    return fates[at - 1] ?? fates.at(-1);
  });
};
const sentToken = (seen: Seen | undefined): string => JSON.parse(seen?.body ?? "{}").refresh_token;
const answeredToken = (seen: Seen | undefined): string => JSON.parse(seen?.reply ?? "{}").refresh_token;
const failureOf = async (work: Promise<unknown>) => {
  const error = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ClientError);
  return error as ClientError;
};
const sessionsOf = async (one: Person) => await one.api.account.sessions.query();

describe("client case 3: a reply that is lost", () => {
  test("is asked for again with the same token, which gets the same successor", async () => {
    decideRefreshes("lose-reply", "forward");
    await person.session.refresh();
    const [lost, repeated] = refreshes();
    expect(sentToken(repeated)).toBe(sentToken(lost));
    expect(answeredToken(repeated)).toBe(answeredToken(lost));
    expect(answeredToken(repeated)).not.toBe(sentToken(lost));
    await person.session.refresh();
    expect(sentToken(refreshes()[2])).toBe(answeredToken(lost));
    expect(await sessionsOf(person)).toHaveLength(1);
  });

  test("with every attempt at once is asked for again later, and still gets the same successor", async () => {
    decideRefreshes("lose-reply");
    expect((await failureOf(person.session.refresh())).reason).toBe("network");
    const lost = refreshes();
    house.auth.forwardAll();
    world.pass(A_LIFE_MS);
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
    const found = refreshes().at(-1);
    expect(sentToken(found)).toBe(sentToken(lost[0]));
    expect(answeredToken(found)).toBe(answeredToken(lost[0]));
  });
});

test("client case 4: a program that ends before it keeps a renewed session starts well the next time", async () => {
  const storage = memoryStorage();
  const first = await house.person({ storage });
  const key = "countersign.cli@auth.test";
  const before = await storage.get(key);
  await first.session.refresh();
  // What the killed program never wrote.
  await storage.set(key, before ?? "");
  const next = house.client({ storage, world });
  expect(await next.session.ready()).toMatchObject({ status: "signed-in" });
  await next.session.refresh();
  expect((await next.api.account.me.query()).email).toBe(first.account.email);
  expect(await next.api.account.sessions.query()).toHaveLength(1);
});

describe("client case 6: a refresh that is not answered as it should be", () => {
  const html = { "content-type": "text/html" };
  const json = { "content-type": "application/json" };

  test.each<[string, Fate, string]>([
    ["429", { status: 429, headers: json, body: '{"error":"rate_limited"}' }, "rate_limited"],
    ["500", { status: 500, headers: json, body: '{"error":"internal"}' }, "internal"],
    ["502 with a page of a proxy", { status: 502, headers: html, body: "<h1>Bad gateway</h1>" }, "unavailable"],
    ["200 with somebody's page", { status: 200, headers: html, body: "<h1>Free wifi!</h1>" }, "unknown"],
    ["200 with half a reply", { status: 200, headers: json, body: '{"account":"a","session":"b"}' }, "unknown"],
    ["403 with a page of a firewall", { status: 403, headers: html, body: "<h1>Blocked</h1>" }, "unknown"],
    ["502 that quotes the server", { status: 502, headers: json, body: '{"error":"invalid_grant"}' }, "invalid_grant"],
    ["a connection that is cut", "cut", "network"],
  ])("%s: the session is kept, attempts are few, and it is renewed later", async (_, fate, reason) => {
    decideRefreshes(fate);
    world.pass(A_LIFE_MS);
    expect((await failureOf(person.session.refresh())).reason).toBe(reason);
    expect(refreshes()).toHaveLength(3);
    expect(person.session.state.status).toBe(reason === "rate_limited" ? "signed-in" : "offline");
    house.auth.forwardAll();
    world.pass(60_000);
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
    expect(person.session.state.status).toBe("signed-in");
    expect(refreshes()).toHaveLength(4);
  });

  test.each<Fate>(["hang", "hang-in-body"])("%s: it is given up in time", async (fate) => {
    const patient = await house.person({ timeout: 500 });
    house.auth.forget();
    decideRefreshes(fate, fate, "forward");
    await patient.session.refresh();
    expect(refreshes()).toHaveLength(3);
  });

  test("a server that asks to wait is not asked again before that", async () => {
    decideRefreshes({ status: 429, headers: { "retry-after": "120" }, body: '{"error":"rate_limited"}' });
    expect((await failureOf(person.session.refresh())).retryAfter).toBe(120);
    expect(refreshes()).toHaveLength(1);
    world.pass(119_000);
    const failure = await failureOf(person.session.refresh());
    expect(failure).toMatchObject({ reason: "rate_limited", status: 429 });
    expect(failure.retryAfter).toBeLessThanOrEqual(1);
    expect(refreshes()).toHaveLength(1);
    house.auth.forwardAll();
    world.pass(1_000);
    await person.session.refresh();
    expect(refreshes()).toHaveLength(2);
  });

  test("a date says when as well, by the server's own clock", async () => {
    const headers = { date: "Tue, 01 Jan 2030 00:00:00 GMT", "retry-after": "Tue, 01 Jan 2030 00:02:00 GMT" };
    decideRefreshes({ status: 503, headers, body: '{"error":"busy"}' });
    expect((await failureOf(person.session.refresh())).retryAfter).toBe(120);
    expect(refreshes()).toHaveLength(1);
  });

  test("a server that is slow to fail is not asked again at once", async () => {
    house.auth.decide(({ path }) => {
      if (path !== "/session/refresh") return undefined;
      world.pass(6_000);
      return { status: 503, body: "" };
    });
    expect((await failureOf(person.session.refresh())).reason).toBe("unavailable");
    expect(refreshes()).toHaveLength(1);
  });

  test("nobody is asked again for who has signed out meanwhile", async () => {
    const hasty = createTestWorld();
    const gone = await house.person({
      world: {
        ...hasty,
        setTimer: (callback, wait, background) => {
          if (wait >= 2_000) return hasty.setTimer(callback, wait, background);
          // In the pause between two attempts.
          gone.session.end().then(callback);
          return () => undefined;
        },
      },
    });
    house.auth.forget();
    decideRefreshes("cut");
    await gone.session.refresh().catch(() => undefined);
    expect(gone.session.state).toEqual({ status: "signed-out" });
    expect(refreshes()).toHaveLength(1);
  });

  test("a redirect is not followed: a refresh token goes to this server alone", async () => {
    house.notesDoor.forget();
    decideRefreshes({ status: 307, headers: { location: `${house.notesDoor.origin}/hello` } });
    expect((await failureOf(person.session.refresh())).reason).toBe("network");
    expect(house.notesDoor.seen).toEqual([]);
  });

  test("attempts are spread by chance", async () => {
    const waits: number[] = [];
    const anxious = (random: number): TestWorld => {
      const own = createTestWorld({ random, pace: 20 });
      const setTimer: TestWorld["setTimer"] = (callback, wait, background) => {
        if (wait < 2_000) waits.push(wait);
        return own.setTimer(callback, wait, background);
      };
      return { ...own, setTimer };
    };
    const people = [await house.person({ world: anxious(0) }), await house.person({ world: anxious(0.9) })];
    decideRefreshes("cut");
    await Promise.all(people.map((one) => failureOf(one.session.refresh())));
    expect(new Set(waits).size).toBe(4);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
  });
});

describe("client case 7: a refresh that is rejected while the token is good", () => {
  const rejected: Fate = { status: 400, body: '{"error":"invalid_grant"}' };

  test("leaves the token in use until it expires, with a warning, and then signs out", async () => {
    const warnings: SessionWarning[] = [];
    person.session.onWarning((warning) => warnings.push(warning));
    decideRefreshes(rejected);
    expect((await failureOf(person.session.refresh())).reason).toBe("invalid_grant");
    expect(warnings).toEqual([{ kind: "refresh_rejected", reason: "invalid_grant" }]);
    expect(person.session.state.status).toBe("signed-in");

    world.pass(A_LIFE_MS - 20_000);
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
    expect((await failureOf(person.session.refresh())).reason).toBe("invalid_grant");
    expect(refreshes()).toHaveLength(1);

    world.pass(20_000);
    const error = await person.api.account.me.query().catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("no_token");
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(refreshes()).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });

  test("leaves nothing in storage after that", async () => {
    const storage = memoryStorage();
    const kept = await house.person({ world, storage });
    decideRefreshes(rejected);
    world.pass(A_LIFE_MS);
    expect(await kept.session.accessToken()).toBeUndefined();
    expect(kept.session.state).toEqual({ status: "signed-out" });
    expect(await house.client({ storage }).session.ready()).toEqual({ status: "signed-out" });
  });

  test("signs out at once where a guard had refused the token", async () => {
    const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson });
    await notes.who.query();
    await house.pass(A_LIFE_MS + 60_000);
    decideRefreshes(rejected);
    const error = await notes.who.query().catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("invalid_grant");
    expect(person.session.state).toEqual({ status: "signed-out" });
  });

  test("a public call goes on without a token when the session turns out to be over", async () => {
    const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson });
    await notes.who.query();
    decideRefreshes(rejected);
    world.pass(A_LIFE_MS);
    expect(await notes.hello.query()).toBe("hello");
    expect(person.session.state).toEqual({ status: "signed-out" });
  });

  test("other refusals end nothing", async () => {
    decideRefreshes({ status: 400, body: '{"error":"invalid_client"}' });
    expect((await failureOf(person.session.refresh())).reason).toBe("invalid_client");
    expect(refreshes()).toHaveLength(1);
    expect(person.session.state.status).toBe("signed-in");
  });
});

describe("client case 8: another holder of the storage", () => {
  let storage: TokenStorage;
  let other: Person;
  beforeEach(async () => {
    storage = memoryStorage();
    person = await house.person({ storage, world });
    const { account } = person;
    other = { ...house.client({ storage, world }), account };
    await other.session.ready();
    house.auth.forget();
  });

  test("has renewed the session: it is taken over without asking", async () => {
    await other.session.refresh();
    await person.session.refresh();
    expect(refreshes()).toHaveLength(1);
    expect(await person.session.accessToken()).toBe(await other.session.accessToken());
  });

  test("renews it just now, and this one is rejected: it takes over what the other stored", async () => {
    let asked = 0;
    house.auth.decide(async ({ path }) => {
      if (path !== "/session/refresh") return undefined;
      asked += 1;
      if (asked > 1) return undefined;
      await other.session.refresh();
      return { status: 400, body: '{"error":"invalid_grant"}' };
    });
    await person.session.refresh();
    expect(refreshes()).toHaveLength(2);
    expect(person.session.state.status).toBe("signed-in");
    expect(await person.session.accessToken()).toBe(await other.session.accessToken());
    expect(await sessionsOf(person)).toHaveLength(1);
  });

  test("renews it at the same moment: both go on with one session", async () => {
    await Promise.all([person.session.refresh(), other.session.refresh()]);
    await Promise.all([person.session.refresh(), other.session.refresh()]);
    expect(await sessionsOf(person)).toHaveLength(1);
    expect(await sessionsOf(other)).toHaveLength(1);
  });

  test("signs in as somebody else: this one is told, and is that person from then on", async () => {
    const stranger = await house.person();
    const changes: unknown[] = [];
    const before = person.session.state;
    person.session.onAccountChange((account, previous) => changes.push([account, previous]));
    await other.signIn(stranger.account);
    await person.session.refresh();
    expect((await person.api.account.me.query()).email).toBe(stranger.account.email);
    const [now, then] = [person.session.state, before].map((state) => "account" in state && state.account);
    expect(changes).toEqual([[now, then]]);
  });

  test("signs out: this one is signed out at its next renewal, and asks nobody", async () => {
    await other.session.end();
    await person.session.refresh();
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(refreshes()).toHaveLength(0);
  });
});

describe("client case 9: an outage", () => {
  test("of the server makes no storm of callers in a row", async () => {
    world.pass(A_LIFE_MS);
    decideRefreshes({ status: 503, body: "" });
    for (let caller = 0; caller < 50; caller += 1) await failureOf(person.session.accessToken());
    expect(refreshes()).toHaveLength(3);
  });

  test("that lasts is asked about less and less often", async () => {
    world.pass(A_LIFE_MS);
    decideRefreshes("cut");
    for (let second = 0; second < 60; second += 1) {
      await failureOf(person.session.accessToken());
      world.pass(1_000);
    }
    const rounds = refreshes().length / 3;
    expect(rounds).toBeGreaterThan(3);
    expect(rounds).toBeLessThan(8);
  });

  test("is forgotten with the token that met it", async () => {
    decideRefreshes("cut");
    await failureOf(person.session.refresh());
    house.auth.forwardAll();
    await person.signIn(person.account);
    house.auth.forget();
    await person.session.refresh();
    expect(refreshes()).toHaveLength(1);
  });
});

test("one request serves however many ask", async () => {
  await Promise.all(Array.from({ length: 5 }, () => person.session.refresh()));
  expect(refreshes()).toHaveLength(1);
});

test("the state says that a refresh is under way, and no longer", async () => {
  const states: string[] = [];
  person.session.subscribe(({ status }) => states.push(status));
  await person.session.refresh();
  expect(states).toEqual(["refreshing", "signed-in"]);
});

test("nobody can refresh who is not signed in", async () => {
  await person.session.end();
  expect((await failureOf(person.session.refresh())).reason).toBe("no_token");
  expect(await person.session.accessToken()).toBeUndefined();
});

describe("an audience", () => {
  test("is asked for when it is needed, and kept from then on", async () => {
    const token = await person.session.accessToken(NOTES);
    expect(token).toBeDefined();
    expect(token).not.toBe(await person.session.accessToken());
    expect(refreshes()).toHaveLength(1);
    await person.session.refresh();
    expect(await person.session.accessToken(NOTES)).not.toBe(token);
    expect(refreshes()).toHaveLength(2);
  });

  test("that was named from the start comes with the sign-in", async () => {
    const named = await house.person({ audiences: [NOTES] });
    house.auth.forget();
    expect(await named.session.accessToken(NOTES)).toBeDefined();
    expect(refreshes()).toHaveLength(0);
  });

  test("that the server does not know is a typed error, spoils no other, and is not asked for again and again", async () => {
    const unknown = "https://unknown.test";
    const named = await house.person({ audiences: [unknown, NOTES], world });
    house.auth.forget();
    expect((await failureOf(named.session.accessToken(unknown))).reason).toBe("invalid_target");
    const asked = refreshes().length;
    expect((await failureOf(named.session.accessToken(unknown))).reason).toBe("invalid_target");
    expect(refreshes()).toHaveLength(asked);
    expect(await named.session.accessToken(NOTES)).toBeDefined();
    expect((await named.api.account.me.query()).email).toBe(named.account.email);
    await named.session.refresh();
    expect(refreshes().at(-1)?.body).not.toContain(unknown);
  });

  test("needed by many at once costs no more than one renewal each", async () => {
    const audiences = [NOTES, "https://auth.test"];
    const tokens = await Promise.all([...audiences, ...audiences].map((one) => person.session.accessToken(one)));
    expect(new Set(tokens).size).toBe(2);
    expect(refreshes().length).toBeLessThanOrEqual(2);
  });
});

test("a token that is due is renewed beside the call that uses it", async () => {
  world.pass(0.7 * A_LIFE_MS);
  house.auth.decide(async ({ path }) => {
    if (path !== "/session/refresh") return undefined;
    await vi.waitUntil(() => house.auth.to("/trpc/account.me")[0]?.reply !== undefined);
    return undefined;
  });
  await person.api.account.me.query();
  await vi.waitUntil(() => refreshes()[0]?.reply !== undefined);
  await vi.waitUntil(() => person.session.state.status === "signed-in");
  await person.api.account.me.query();
  expect(refreshes()).toHaveLength(1);
});
