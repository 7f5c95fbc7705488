import { Refusal, type Verifier } from "@countersign/guard";
import { TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { openDoor } from "../testing/door.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter, startNotes } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";
import type { ConnectOptions } from "./connect.ts";

/** Longer than an access token lives, and the guard's leeway. */
const A_LIFE_MS = 6 * 60_000;

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person();
  house.auth.forget();
  house.notesDoor.forget();
  house.notes.added.length = 0;
});
afterEach(() => {
  house.auth.forwardAll();
  house.notesDoor.forwardAll();
  house.notes.refuse = undefined;
});
afterAll(() => house.close());

const connect = (batch: NonNullable<ConnectOptions<NotesRouter>["batch"]>, to: Person = person) =>
  to.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch });
const refreshes = () => house.auth.to("/session/refresh").length;
const reasonFrom = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => expect.fail("the call succeeded"),
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(TRPCClientError);
  return reasonOf(error);
};

/** Its client believes in a token that the servers find expired. */
const expireAtTheServers = () => house.pass(A_LIFE_MS);
/** A token for the notes is there, and nothing else has happened yet. */
const warmUp = async (to: Person = person) => {
  await connect("none", to).who.query();
  house.auth.forget();
  house.notesDoor.forget();
};

describe("a call that the guard refused before it ran", () => {
  test.each(["none", "together", "stream"] as const)(
    "client case 2: ten parallel calls make one refresh and are repeated once each (batch: %s)",
    async (batch) => {
      await warmUp();
      await expireAtTheServers();
      const notes = connect(batch);
      const answers = await Promise.all(Array.from({ length: 10 }, () => notes.who.query()));
      expect(answers).toHaveLength(10);
      expect(refreshes()).toBe(1);
      const calls = house.notesDoor.seen.flatMap(({ path }) => path.match(/\bwho\b/g) ?? []);
      expect(calls).toHaveLength(20);
    },
  );

  test("client case 16: a token that expires on the way is renewed and the call repeated once", async () => {
    await warmUp();
    let isFirst = true;
    house.notesDoor.decide(async () => {
      if (isFirst) await expireAtTheServers();
      isFirst = false;
      return undefined;
    });
    await connect("none").who.query();
    expect(refreshes()).toBe(1);
    expect(house.notesDoor.seen).toHaveLength(2);
  });

  test.each(["together", "stream"] as const)(
    "client case 23: of a batch answered 207 only the calls that were refused are repeated (batch: %s)",
    async (batch) => {
      await warmUp();
      await expireAtTheServers();
      const notes = connect(batch);
      const [hello, who, again] = await Promise.all([notes.hello.query(), notes.who.query(), notes.who.query()]);
      expect([hello, who.at, again.at]).toEqual(["hello", new Date(0), new Date(0)]);
      expect(house.notesDoor.seen.map(({ path }) => path.split("?")[0])).toEqual(["/hello,who,who", "/who,who"]);
      expect(refreshes()).toBe(1);
    },
  );

  test("client case 24: a mutation that was refused before it ran is repeated, and runs once", async () => {
    await warmUp();
    await expireAtTheServers();
    await connect("stream").add.mutate({ title: "milk" });
    expect(house.notes.added).toEqual(["milk"]);
    expect(refreshes()).toBe(1);
  });

  test("client case 25: a permission that is missing refreshes nothing and is told", async () => {
    await warmUp();
    expect(await reasonFrom(connect("together").purge.mutate())).toBe("not_permitted");
    expect(refreshes()).toBe(0);
    expect(house.notesDoor.seen).toHaveLength(1);
    expect(person.session.state.status).toBe("signed-in");
  });

  test("client case 25: a step-up refreshes nothing, and says how old the sign-in may be", async () => {
    await warmUp();
    house.notes.refuse = new Refusal("step_up_required", { maxAge: 60 });
    const error = await connect("stream")
      .who.query()
      .catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("step_up_required");
    expect(error).toMatchObject({ data: { maxAge: 60 } });
    expect(refreshes()).toBe(0);
  });

  test("client case 25: a guard that asks to wait is not asked again at once, and the session is kept", async () => {
    await warmUp();
    house.notes.refuse = new Refusal("revocation_unknown", { retryAfter: 5 });
    expect(await reasonFrom(connect("none").who.query())).toBe("revocation_unknown");
    expect(refreshes()).toBe(0);
    expect(house.notesDoor.seen).toHaveLength(1);
    expect(person.session.state.status).toBe("signed-in");
  });

  test("a session that was ended elsewhere is over at the next call, without asking for a refresh", async () => {
    await warmUp();
    const elsewhere = house.client();
    await elsewhere.signIn(person.account);
    await elsewhere.api.account.endOtherSessions.mutate();
    expect(await reasonFrom(connect("none").who.query())).toBe("session_ended");
    expect(refreshes()).toBe(0);
    expect(person.session.state).toEqual({ status: "signed-out" });
  });

  test("what stands in the way of a new token is what the call fails for", async () => {
    await warmUp();
    await expireAtTheServers();
    house.auth.decide(() => ({ status: 503, headers: { "retry-after": "60" }, body: '{"error":"busy"}' }));
    const error = await connect("none")
      .who.query()
      .catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("busy");
    expect((error as Error).cause).toMatchObject({ retryAfter: 60, status: 503 });
    expect(person.session.state.status).toBe("signed-in");
  });
});

test("what stood in the way of a new token before the call went out is what it fails for, too", async () => {
  const world = createTestWorld({ pace: 20 });
  const early = await house.person({ world });
  await warmUp(early);
  await house.pass(A_LIFE_MS);
  world.pass(A_LIFE_MS);
  house.auth.decide(() => "cut");
  expect(await reasonFrom(connect("none", early).who.query())).toBe("network");
  expect(await connect("none", early).hello.query()).toBe("hello");
  expect(early.session.state.status).toBe("offline");
});

describe("a call whose outcome nobody knows", () => {
  test("client case 24: a mutation whose reply was lost is not repeated", async () => {
    await warmUp();
    house.notesDoor.decide(() => "lose-reply");
    expect(await reasonFrom(connect("together").add.mutate({ title: "once" }))).toBe("network");
    expect(house.notes.added).toEqual(["once"]);
    expect(house.notesDoor.seen).toHaveLength(1);
    expect(refreshes()).toBe(0);
  });

  test("client case 24: 401 from a procedure that ran is no reason to repeat it", async () => {
    await warmUp();
    const error = await connect("none")
      .moody.mutate({ title: "moody" })
      .catch((caught: unknown) => caught);
    expect((error as TRPCClientError<NotesRouter>).data?.httpStatus).toBe(401);
    expect(reasonOf(error)).toBe("unknown");
    expect(house.notes.added).toEqual(["moody"]);
    expect(refreshes()).toBe(0);
  });

  test("client case 24: 401 from a proxy that says nothing more is no reason to repeat anything", async () => {
    await warmUp();
    house.notesDoor.decide(() => ({ status: 401, headers: { "content-type": "text/html" }, body: "<h1>No</h1>" }));
    expect(await reasonFrom(connect("together").add.mutate({ title: "never" }))).toBe("unknown");
    expect(house.notesDoor.seen).toHaveLength(1);
    expect(refreshes()).toBe(0);
  });
});

describe("client case 26: a server that says 401 for ever", () => {
  const neverPleased = (): Verifier => ({
    ...house.issuer.verifier,
    judge() {
      throw new Refusal("token_expired");
    },
  });

  test("gets one refresh and one repetition per call, then the call fails for its reason", async () => {
    const notes = await startNotes({ issuer: neverPleased() });
    const door = await openDoor(() => notes.origin);
    await warmUp();
    house.notesDoor.decide(async ({ path, authorization }) => {
      const answer = await fetch(door.origin + path, { headers: { authorization: authorization ?? "" } });
      return { status: answer.status, body: await answer.text() };
    });
    for (const round of [1, 2, 3]) {
      expect(await reasonFrom(connect("none").who.query())).toBe("token_expired");
      expect(door.seen).toHaveLength(2 * round);
      expect(refreshes()).toBe(round);
    }
    expect(person.session.state.status).toBe("signed-in");
    await Promise.all([door.close(), notes.close()]);
  });

  test("gets no second refresh where the call had the session renewed before it went out", async () => {
    const world = createTestWorld();
    const early = await house.person({ world });
    await warmUp(early);
    house.notes.refuse = new Refusal("token_expired");
    world.pass(A_LIFE_MS);
    house.auth.forget();
    expect(await reasonFrom(connect("none", early).who.query())).toBe("token_expired");
    expect(refreshes()).toBe(1);
    expect(house.notesDoor.seen).toHaveLength(1);
  });
});

test("a call that was refused and is given up then does not wait for the refresh either", async () => {
  await warmUp();
  await expireAtTheServers();
  const asked = Promise.withResolvers<void>();
  house.auth.decide(() => {
    asked.resolve();
    return "hang";
  });
  const controller = new AbortController();
  const call = connect("none").who.query(undefined, { signal: controller.signal });
  await asked.promise;
  controller.abort();
  await expect(call).rejects.toThrow();
  expect(house.notesDoor.seen).toHaveLength(1);
});

test("a call that its caller gives up does not wait for the refresh that it started", async () => {
  const world = createTestWorld();
  const busy = await house.person({ world });
  world.pass(A_LIFE_MS);
  const asked = Promise.withResolvers<void>();
  house.auth.decide(({ path }) => {
    if (path !== "/session/refresh") return undefined;
    asked.resolve();
    return "hang";
  });
  const controller = new AbortController();
  const call = busy.api.account.me.query(undefined, { signal: controller.signal });
  await asked.promise;
  controller.abort();
  await expect(call).rejects.toThrow();
  expect(house.auth.to("/trpc/account.me")).toHaveLength(0);
});

test("the issuer's own API goes the same way", async () => {
  await expireAtTheServers();
  const [me, sessions] = await Promise.all([person.api.account.me.query(), person.api.account.sessions.query()]);
  expect(me.email).toBe(person.account.email);
  expect(sessions).toHaveLength(1);
  expect(refreshes()).toBe(1);
});
