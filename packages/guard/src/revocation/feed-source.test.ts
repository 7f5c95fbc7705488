import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { EVERYTHING, type RevocationFact } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE, ISSUER, makePair } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { refusalOf } from "../refusal/refusal.ts";
import type { Facts } from "../request/facts.ts";
import { CREDENTIAL } from "../test-support/feed.ts";
import { type FeedWorld, JWKS, openFeedWorld } from "../test-support/feed-world.ts";
import { METADATA } from "../test-support/issuer-server.ts";
import { refusalIn, send } from "../test-support/send.ts";

let w: FeedWorld;
beforeEach(async () => {
  w = await openFeedWorld();
});
afterEach(() => w.close());

const ended = (id: string): RevocationFact => ({ kind: "session", id, least: EVERYTHING });
/** The waits between two connections, not those for the first one or a stalled one. */
const isBackoff = (ms: number) => ms <= 30_000 && ms !== 15_000 && ms !== 5_000 && ms !== 7_500;
const isCredential = (ms: number) => ms === 5_000;
const isStall = (ms: number) => ms === 15_000;
const resting = () => vi.waitFor(() => expect(w.timers.waiting().filter(isBackoff)).toHaveLength(1));
const reconnect = () => vi.waitFor(() => expect(w.timers.fire(isBackoff)).toBe(1));
const connected = (streams = 1) => vi.waitFor(() => expect(w.feed.open()).toBe(streams));

describe("a guard on the feed", () => {
  test("learns of a revocation over its open connection, and judges with no question", async () => {
    const verifier = w.verifier();
    const tokens = [await w.desk.account(), await w.desk.account({ session: "session-2" })];
    const verified = await Promise.all(tokens.map((token) => verifier.verify(token, AUDIENCE)));
    expect(verified.map((token) => verifier.judge(token))).toEqual([undefined, undefined]);
    w.feed.tell(ended("session-1"));
    await vi.waitFor(async () => expect(await w.refusal(verifier, verified[0] as never)).toBe("session_ended"));
    expect(await w.refusal(verifier, verified[1] as never)).toBeUndefined();
    expect(w.feed.asked).toEqual([{ accept: "text/event-stream", cursor: undefined }]);
  });

  test("knows at its first call what was revoked before it started", async () => {
    for (const id of ["a", "b", "session-1", "c", "d"]) w.feed.tell(ended(id));
    expect(await w.refusal(w.verifier(), await w.desk.account())).toBe("session_ended");
  });

  test("one connection serves however many calls come first", async () => {
    const verifier = w.verifier();
    const token = await w.desk.account();
    expect(await Promise.all(Array.from({ length: 20 }, () => w.refusal(verifier, token)))).toEqual(
      Array.from({ length: 20 }, () => undefined),
    );
    expect([w.feed.asked.length, w.feed.tokens()]).toEqual([1, 1]);
  });

  test("goes on after its cursor when the connection ends, and nothing is lost in between", async () => {
    const verifier = w.verifier();
    w.feed.tell(ended("a"));
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBeUndefined();
    w.feed.cut();
    await connected(0);
    w.feed.tell(ended("session-1"));
    await reconnect();
    await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBe("session_ended"));
    expect(w.feed.asked.map(({ cursor }) => cursor)).toEqual([undefined, "life-1:1"]);
  });

  test("its service token is renewed before half of its life is over, and at once where it is refused", async () => {
    const verifier = w.verifier();
    const token = await w.desk.account({ expiresIn: 900 });
    expect(await w.refusal(verifier, token)).toBeUndefined();
    for (const [seconds, tokens] of [
      [100, 1],
      [60, 2],
    ] as const) {
      w.desk.pass(seconds);
      w.feed.end();
      await reconnect();
      await connected();
      expect(w.feed.tokens()).toBe(tokens);
    }
    w.feed.forgetTokens();
    w.feed.cut();
    await reconnect();
    await vi.waitFor(() => expect(w.feed.asked.length).toBe(4));
    expect(w.feed.tokens()).toBe(3);
  });

  test("a token may come from a function", async () => {
    const credential = vi.fn(async () => "none of theirs");
    const verifier = w.verifier({ credential });
    expect(await w.refusal(verifier, await w.desk.account())).toBe("revocation_unknown");
    expect(credential).toHaveBeenCalledTimes(2);
  });

  test("a function that never answers costs one attempt, and not the guard", async () => {
    let service: () => Promise<string> = () => new Promise(() => undefined);
    const verifier = w.verifier({ credential: () => service() });
    const token = await w.desk.account();
    const refused = w.refusal(verifier, token);
    await vi.waitFor(() => expect(w.timers.fire(isCredential)).toBeGreaterThan(0));
    expect(await refused).toBe("revocation_unknown");
    await resting();
    service = w.feed.issueToken;
    await reconnect();
    await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBeUndefined());
  });

  test("after a restored backup, what was known before is void", async () => {
    w.feed.tell({ kind: "account", id: "ann", least: 99 });
    const verifier = w.verifier();
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBe("token_stale");
    w.feed.restore();
    w.feed.cut();
    await reconnect();
    await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBeUndefined());
  });

  test("server case 3: after a restored backup, the keys are what the issuer publishes now, with no call that asks", async () => {
    const verifier = w.verifier();
    const verified = await verifier.verify(await w.desk.account(), AUDIENCE);
    // A key of after the backup: no fact names it, because nobody knows of it any more.
    const other = await makePair();
    w.server.answer(JWKS, { keys: [other.generated.publicJwk] });
    w.feed.restore();
    w.feed.cut();
    await reconnect();
    await vi.waitFor(async () => expect(await w.refusal(verifier, verified)).toBe("token_stale"));
  });

  test("closed, it learns nothing more, and says so when it no longer knows", async () => {
    const verifier = w.verifier();
    const token = await w.desk.account({ expiresIn: 900 });
    expect(await w.refusal(verifier, token)).toBeUndefined();
    verifier.close?.();
    await connected(0);
    await vi.waitFor(() => expect(w.timers.waiting()).toEqual([]));
    w.desk.pass(61);
    expect(await w.refusal(verifier, token)).toBe("revocation_unknown");
    expect(w.feed.asked.length).toBe(1);
  });
});

describe("silence", () => {
  test("server case 12: for an hour without its issuer it serves for the stated bound, then refuses, then recovers", async () => {
    const verifier = w.verifier({ silence: 60 });
    const life = { expiresIn: 900 };
    const [early, dead] = [await w.desk.account(life), await w.desk.account({ ...life, session: "session-2" })];
    const deadToken = await verifier.verify(dead, AUDIENCE);
    w.feed.tell(ended("session-2"));
    await vi.waitFor(async () => expect(await w.refusal(verifier, deadToken)).toBe("session_ended"));
    w.feed.beat();
    w.feed.down(true);
    w.feed.cut();
    w.desk.pass(60);
    expect(await w.refusal(verifier, early)).toBeUndefined();
    w.desk.pass(1);
    expect(await w.refusal(verifier, early)).toBe("revocation_unknown");
    // What is known to be dead stays dead.
    expect(await w.refusal(verifier, deadToken)).toBe("session_ended");
    for (let attempt = 0; attempt < 12; attempt += 1) {
      w.desk.pass(300);
      await reconnect();
    }
    expect(await w.refusal(verifier, await w.desk.account())).toBe("revocation_unknown");
    await resting();
    w.feed.down(false);
    await reconnect();
    await connected();
    w.feed.beat();
    const late = await w.desk.account();
    await vi.waitFor(async () => expect(await w.refusal(verifier, late)).toBeUndefined());
  });

  test("a guard that starts before its issuer answers 503, and needs no restart", async () => {
    w.feed.down(true);
    const verifier = w.verifier();
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBe("revocation_unknown");
    await expect(verifier.ready?.()).rejects.toMatchObject({ reason: "revocation_unknown", retryAfter: 5 });
    await resting();
    w.feed.down(false);
    await reconnect();
    await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBeUndefined());
    await expect(verifier.ready?.()).resolves.toBeUndefined();
  });

  test("opted out of, it goes on with what it knows", async () => {
    const verifier = w.verifier({ whenSilent: "trust-until-expiry" });
    w.feed.tell(ended("session-2"));
    const [token, dead] = [await w.desk.account(), await w.desk.account({ session: "session-2" })];
    expect(await w.refusal(verifier, token)).toBeUndefined();
    w.feed.down(true);
    w.feed.cut();
    w.desk.pass(120);
    expect(await w.refusal(verifier, token)).toBeUndefined();
    expect(await w.refusal(verifier, dead)).toBe("session_ended");
    w.desk.pass(300);
    expect(await w.refusal(verifier, token)).toBe("token_expired");
  });

  test("the waits between attempts double up to half a minute, and chance spreads them", async () => {
    w.feed.down(true);
    const verifier = w.verifier();
    await w.refusal(verifier, await w.desk.account());
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      await resting();
      waits.push(...w.timers.waiting().filter(isBackoff));
      w.timers.fire(isBackoff);
    }
    for (const [at, wait] of waits.entries()) {
      const full = Math.min(30_000, 1000 * 2 ** at);
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full);
    }
  });

  test("a proxy that goes silent without a word costs three heartbeats, and not a fact", async () => {
    const { port } = new URL(w.server.origin);
    const pairs = new Set<readonly [Socket, Socket]>();
    let swallows = false;
    const swallowed: string[] = [];
    const proxy = createServer((from) => {
      const to = connect(Number(port), "127.0.0.1");
      pairs.add([from, to]);
      from.on("data", (bytes) => to.write(bytes));
      to.on("data", (bytes) => (swallows ? swallowed.push(bytes.toString()) : from.write(bytes)));
      for (const socket of [from, to]) socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const through = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const verifier = w.verifier({}, { fetch: (url, init) => fetch(url.replace(ISSUER, through), init) });
    try {
      const token = await w.desk.account();
      expect(await w.refusal(verifier, token)).toBeUndefined();
      swallows = true;
      w.feed.tell(ended("session-1"));
      w.feed.beat();
      await vi.waitFor(() => expect(swallowed.join("")).toContain("heartbeat"));
      expect(await w.refusal(verifier, token)).toBeUndefined();
      swallows = false;
      expect(w.timers.fire(isStall)).toBe(1);
      await reconnect();
      await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBe("session_ended"));
    } finally {
      verifier.close?.();
      for (const socket of [...pairs].flat()) socket.destroy();
      proxy.close();
    }
  });

  test("a feed that is held back on its way is as old as it is, and is given up", async () => {
    const verifier = w.verifier();
    const token = await w.desk.account({ expiresIn: 900 });
    expect(await w.refusal(verifier, token)).toBeUndefined();
    w.desk.pass(64);
    w.feed.skew(-59_000);
    w.feed.beat();
    await resting();
    expect(await w.refusal(verifier, token)).toBeUndefined();
    w.desk.pass(2);
    expect(await w.refusal(verifier, token)).toBe("revocation_unknown");
    w.feed.skew(0);
    await reconnect();
    await connected();
    w.feed.beat();
    await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBeUndefined());
  });

  test.each<[string, (number: number) => string]>([
    ["no JSON", () => "event: heartbeat\nid: life-1:0\ndata: {\n\n"],
    [
      "a fact of a kind that it does not know",
      () => 'event: facts\nid: life-1:1\ndata: {"number":1,"facts":[{"kind":"x","id":"y"}]}\n\n',
    ],
    ["an event without an id", () => 'event: heartbeat\ndata: {"number":0,"at":1}\n\n'],
    ["an event without an end", () => `event: facts\ndata: ${"x".repeat(1_100_000)}`],
  ])("a stream with %s is given up and made again", async (_what, text) => {
    const verifier = w.verifier();
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBeUndefined();
    w.feed.write(text(0));
    await reconnect();
    await vi.waitFor(() => expect(w.feed.asked.length).toBe(2));
  });

  test("what is no event stream is not read", async () => {
    w.server.answer("/feed", { number: 0 });
    const refused = w.verifier().verify(await w.desk.account(), AUDIENCE);
    await expect(refused).rejects.toMatchObject({
      reason: "revocation_unknown",
      cause: { message: "the feed is no event stream" },
    });
  });
});

describe("clocks", () => {
  const guardClock = (off: () => number) => ({ now: () => w.desk.world.now() + off(), random: w.desk.world.random });

  test.each([-50_000, 50_000])("server case 12: one that is %d ms off is put right", async (ms) => {
    const verifier = w.verifier({}, { world: guardClock(() => ms) });
    expect(await w.refusal(verifier, await w.desk.account({ expiresIn: 10 }))).toBeUndefined();
    expect(await w.refusal(verifier, await w.desk.account({ expiresIn: -31 }))).toBe("token_expired");
  });

  test.each([-50_000, 50_000])("how long ago a sign-in was is told right by one that is %d ms off", async (ms) => {
    const world = guardClock(() => ms);
    const guard = createGuard(initTRPC.context<{ auth: Facts }>().create(), {
      issuer: w.verifier({}, { world }),
      audience: AUDIENCE,
      permissions: ["notes:read"],
      world,
    });
    const router = guard.router({ purge: guard.signedIn({ within: 60 }).query(() => "purged") });
    const purge = async (ago: number) => {
      const authTime = w.desk.world.now() / 1000 - ago;
      return refusalIn(await send(router, "purge", { token: await w.desk.account({ authTime }) })).reason;
    };
    expect([await purge(60), await purge(61)]).toEqual([undefined, "step_up_required"]);
  });

  test.each([-300_000, 300_000])("two clocks %d ms apart: 503 clock_skew, and never 401", async (ms) => {
    let off = ms;
    const verifier = w.verifier({}, { world: guardClock(() => off) });
    const guard = createGuard(initTRPC.context<{ auth: Facts }>().create(), {
      issuer: verifier,
      audience: AUDIENCE,
      permissions: ["notes:read"],
    });
    const router = guard.router({ me: guard.signedIn.query(() => "me") });
    for (const expiresIn of [60, 300, 900]) {
      const answer = await send(router, "me", { token: await w.desk.account({ expiresIn }) });
      expect(refusalIn(answer)).toEqual({ reason: "clock_skew", ran: false, status: 503 });
      expect(answer.headers.get("retry-after")).toBe("30");
    }
    off = 0;
    w.desk.pass(1);
    // A clock that went forward looks like a feed that is late, which another connection finds out.
    await vi.waitFor(async () => {
      w.feed.beat();
      w.timers.fire(isBackoff);
      expect((await send(router, "me", { token: await w.desk.account() })).status).toBe(200);
    });
  });
});

describe("keys", () => {
  test("corpus 81: with the feed there, keys that cannot be fetched stop nothing", async () => {
    const verifier = w.verifier();
    const token = await w.desk.account({ expiresIn: 900 });
    expect(await w.refusal(verifier, token)).toBeUndefined();
    for (const path of [JWKS, METADATA]) w.server.answerBy(path, (response) => response.writeHead(503).end());
    for (let minute = 0; minute < 10; minute += 1) {
      w.desk.pass(60);
      w.feed.beat();
      await vi.waitFor(async () => expect(await w.refusal(verifier, token)).toBeUndefined());
      expect(await w.refusal(verifier, await w.desk.account())).toBeUndefined();
    }
  });

  test("a revoked key is refused at once, whatever is remembered, and the keys are fetched again", async () => {
    const verifier = w.verifier();
    const verified = await verifier.verify(await w.desk.account(), AUDIENCE);
    const fetched = () => w.server.visits.filter((path) => path === JWKS).length;
    expect(fetched()).toBe(1);
    const other = await makePair();
    w.server.answer(JWKS, { keys: [other.generated.publicJwk] });
    w.feed.tell({ kind: "key", id: w.desk.pair.signing.kid });
    await vi.waitFor(async () => expect(await w.refusal(verifier, verified)).toBe("token_stale"));
    await vi.waitFor(() => expect(fetched()).toBe(2));
    w.feed.tell({ kind: "key", id: "of nobody" }, ended("session-1"));
    await vi.waitFor(async () => expect(await w.refusal(verifier, verified)).toBe("token_stale"));
    expect(fetched()).toBe(2);
  });
});

test("ready() and close() are the guard's too, and calls get status and Retry-After", async () => {
  w.feed.down(true);
  const guard = createGuard(initTRPC.context<{ auth: Facts }>().create(), {
    issuer: ISSUER,
    audience: AUDIENCE,
    permissions: ["notes:read"],
    revocation: { mode: "feed", credential: CREDENTIAL },
    fetch: w.server.fetch,
    world: w.desk.world,
  });
  expect(w.server.visits).toEqual([]);
  const router = guard.router({ me: guard.signedIn.query(() => "me") });
  await expect(guard.ready()).rejects.toMatchObject({ reason: "revocation_unknown" });
  const causes: unknown[] = [];
  const onError = (error: Error) => causes.push(refusalOf(error)?.cause);
  const answer = await send(router, "me", { token: await w.desk.account(), onError });
  expect(refusalIn(answer)).toEqual({ reason: "revocation_unknown", ran: false, status: 503 });
  expect(answer.headers.get("retry-after")).toBe("5");
  // The log says why.
  expect(causes).toEqual([expect.objectContaining({ message: "the issuer answered 503" })]);
  w.feed.down(false);
  // The guard's own timers: half a second, a second.
  await vi.waitFor(() => guard.ready(), { timeout: 10_000 });
  expect((await send(router, "me", { token: await w.desk.account() })).status).toBe(200);
  guard.close();
  await connected(0);
});
