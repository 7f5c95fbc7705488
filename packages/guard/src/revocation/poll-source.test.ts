import { EVERYTHING, type RevocationFact } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { type FeedWorld, JWKS, openFeedWorld } from "../test-support/feed-world.ts";

let w: FeedWorld;
beforeEach(async () => {
  w = await openFeedWorld();
});
afterEach(() => w.close());

const ended = (id: string): RevocationFact => ({ kind: "session", id, least: EVERYTHING });
const polling = { mode: "poll", maxStale: 30 } as const;

describe("a guard that polls", () => {
  test("asks where its knowledge is too old for a call, and then only for what is new", async () => {
    const verifier = w.verifier(polling);
    w.feed.tell(ended("session-2"));
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBeUndefined();
    expect(await w.refusal(verifier, await w.desk.account({ session: "session-2" }))).toBe("session_ended");
    w.feed.tell(ended("session-1"));
    w.desk.pass(30);
    expect(await w.refusal(verifier, token)).toBeUndefined();
    w.desk.pass(1);
    expect(await w.refusal(verifier, token)).toBe("session_ended");
    const accept = "application/json";
    expect(w.feed.asked).toEqual([
      { accept, cursor: undefined },
      { accept, cursor: "life-1:1" },
    ]);
    expect(w.feed.tokens()).toBe(1);
  });

  test("one request runs at a time, whoever waits for it", async () => {
    const verifier = w.verifier(polling);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => w.desk.account()));
    const all = await Promise.all(tokens.map((token) => w.refusal(verifier, token)));
    expect(new Set(all)).toEqual(new Set([undefined]));
    expect(w.feed.asked.length).toBe(1);
  });

  test("server case 12: refuses where the issuer does not answer, asks no more than it may, and recovers", async () => {
    const verifier = w.verifier(polling);
    w.feed.tell(ended("session-2"));
    const [token, dead] = [await w.desk.account(), await w.desk.account({ session: "session-2" })];
    const verified = await verifier.verify(dead, AUDIENCE);
    w.feed.down(true);
    w.desk.pass(31);
    const before = w.server.visits.length;
    for (let call = 0; call < 20; call += 1) expect(await w.refusal(verifier, token)).toBe("revocation_unknown");
    expect(w.server.visits.length - before).toBe(1);
    // What is known to be dead stays dead.
    expect(await w.refusal(verifier, verified)).toBe("session_ended");
    w.feed.down(false);
    w.desk.pass(1);
    expect(await w.refusal(verifier, token)).toBeUndefined();
  });

  test("opted out of, it goes on with what it knows", async () => {
    const verifier = w.verifier({ ...polling, whenSilent: "trust-until-expiry" });
    w.feed.down(true);
    expect(await w.refusal(verifier, await w.desk.account())).toBeUndefined();
  });

  test("after a restored backup it takes everything anew", async () => {
    w.feed.tell({ kind: "account", id: "ann", least: 99 });
    const verifier = w.verifier(polling);
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBe("token_stale");
    w.feed.restore();
    w.desk.pass(31);
    expect(await w.refusal(verifier, token)).toBeUndefined();
    // The keys as well, beside the call: some of those that it knew may be nobody's.
    await vi.waitFor(() => expect(w.server.visits.filter((path) => path === JWKS)).toHaveLength(2));
  });

  test("two clocks five minutes apart: clock_skew, until they agree", async () => {
    w.feed.skew(300_000);
    const verifier = w.verifier(polling);
    const token = await w.desk.account();
    expect(await w.refusal(verifier, token)).toBe("clock_skew");
    w.feed.skew(0);
    w.desk.pass(31);
    expect(await w.refusal(verifier, token)).toBeUndefined();
  });

  test("a function that never answers a token costs one attempt, and not the guard", async () => {
    let service: () => Promise<string> = () => new Promise(() => undefined);
    const verifier = w.verifier({ ...polling, credential: () => service() });
    const token = await w.desk.account();
    const refused = w.refusal(verifier, token);
    await vi.waitFor(() => expect(w.timers.fire((ms) => ms === 5_000)).toBe(1));
    expect(await refused).toBe("revocation_unknown");
    service = w.feed.issueToken;
    w.desk.pass(1);
    expect(await w.refusal(verifier, token)).toBeUndefined();
  });

  test("an answer that is none is a failure", async () => {
    w.server.answer("/feed", { number: 0, facts: [] });
    expect(await w.refusal(w.verifier(polling), await w.desk.account())).toBe("revocation_unknown");
  });

  test("closed, it asks no more", async () => {
    const verifier = w.verifier(polling);
    verifier.close?.();
    expect(await w.refusal(verifier, await w.desk.account())).toBe("revocation_unknown");
    expect(w.feed.asked).toEqual([]);
  });
});
