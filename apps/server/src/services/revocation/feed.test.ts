import { FACT_LIFE_MS, Refusal, type RevocationFact } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Store } from "../../store/store.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, type TestIssuer } from "../testing/test-issuer.ts";
import { revoke, TestReader } from "../testing/test-reader.ts";
import { prune } from "../upkeep/housekeeping.ts";
import { openFactLog } from "./fact-log.ts";
import { createFeed, type Feed, type FeedStream } from "./feed.ts";
import { renewFeedIncarnation } from "./feed-incarnation.ts";
import { PART } from "./feed-messages.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer();
});
afterEach(() => issuer.close());

const always = () => true;
const feed = (): Feed => issuer.services.feed;
const next = async (stream: FeedStream) => (await stream.messages[Symbol.asyncIterator]().next()).value;

/** The same facts, behind a database that can be lost, with a feed of its own. */
async function openBehind(streams?: number) {
  let lost = false;
  const head: Store["revocations"]["head"] = async () => {
    if (lost) throw new Refusal("unavailable");
    return await issuer.store.revocations.head();
  };
  const store = { ...issuer.store, revocations: { ...issuer.store.revocations, head } };
  const clock = { now: () => issuer.world.now(), measure: async () => {} };
  const facts = await openFactLog({ store, clock });
  const lose = () => {
    lost = true;
  };
  return { facts, lose, feed: createFeed({ facts, clock, ...(streams === undefined ? {} : { streams }) }) };
}

describe("the feed", () => {
  test("begins with all that matters, and then tells what this process revokes as soon as it is committed", async () => {
    await revoke(issuer, "ann");
    const stream = await feed().open(undefined, always);
    const messages = stream.messages[Symbol.asyncIterator]();
    const { value: snapshot } = await messages.next();
    expect(snapshot).toMatchObject({
      event: "snapshot",
      data: {
        number: 1,
        at: issuer.world.now(),
        part: 0,
        last: true,
        facts: [{ kind: "account", id: "ann", least: 1 }],
      },
    });
    const coming = messages.next();
    await revoke(issuer, "bob", "carl");
    expect((await coming).value).toMatchObject({
      event: "facts",
      data: { number: 3, facts: [{ id: "bob" }, { id: "carl" }] },
    });
    stream.end();
    expect(await messages.next()).toMatchObject({ done: true });
  });

  test("server case 4: tells what another process on the same file has revoked, by the second", async () => {
    const other = await openTestIssuer(issuer.options);
    const stream = await feed().open(undefined, always);
    const reader = new TestReader();
    await revoke(other, "ann");
    await reader.read(stream.messages, () => reader.known.has("ann"));
    expect(reader.lastId).toMatch(/:1$/);
    stream.end();
    await other.close();
  });

  test("goes on where a reader was, over a restart as well", async () => {
    await revoke(issuer, "ann");
    const { incarnation } = await feed().read(undefined);
    await revoke(issuer, "bob");
    const later = await openTestIssuer(issuer.options);
    expect(await later.services.feed.read(`${incarnation}:1`)).toEqual({
      incarnation,
      number: 2,
      at: issuer.world.now(),
      snapshot: false,
      facts: [{ kind: "account", id: "bob", least: 1 }],
    });
    await later.close();
  });

  test("begins anew for a place that it does not know: another run, or pruned since", async () => {
    await revoke(issuer, "ann");
    const { incarnation } = await feed().read(undefined);
    expect(await feed().read("another:1")).toMatchObject({ incarnation, snapshot: true, facts: [{ id: "ann" }] });
    await revoke(issuer, "bob");
    issuer.world.advance(FACT_LIFE_MS + 1);
    await prune(issuer.store);
    await revoke(issuer, "carl");
    expect(await feed().read(`${incarnation}:1`)).toMatchObject({ number: 3, snapshot: true, facts: [{ id: "carl" }] });
    expect(await feed().read(`${incarnation}:2`)).toMatchObject({
      number: 3,
      snapshot: false,
      facts: [{ id: "carl" }],
    });
  });

  test("begins anew for everybody when a backup was put in the place of the database", async () => {
    await revoke(issuer, "ann");
    const before = await feed().read(undefined);
    const stream = await feed().open(undefined, always);
    const reading = new TestReader().read(stream.messages, () => false);
    const renewed = await issuer.store.transaction((tx) => renewFeedIncarnation(tx, issuer.world));
    await reading;
    const after = await feed().read(`${before.incarnation}:${before.number}`);
    expect(after).toMatchObject({ incarnation: renewed, snapshot: true, number: 1 });
    expect(renewed).not.toBe(before.incarnation);
  });

  test("tells every five seconds that it has read the table, and nothing while it cannot", async () => {
    const { feed, facts, lose } = await openBehind();
    const stream = await feed.open(undefined, always);
    const messages = stream.messages[Symbol.asyncIterator]();
    await messages.next();
    const beat = messages.next();
    issuer.world.advance(5000);
    await facts.poll();
    expect((await beat).value).toMatchObject({ event: "heartbeat", data: { number: 0, at: issuer.world.now() } });
    const silence = messages.next();
    lose();
    for (let second = 0; second < 30; second += 1) {
      issuer.world.advance(1000);
      expect(await reasonOf(facts.poll())).toBe("unavailable");
    }
    stream.end();
    expect(await silence).toMatchObject({ done: true });
    facts.close();
  });

  test("corpus 28: answers unavailable, and no stream, where the table cannot be read", async () => {
    const { feed, facts, lose } = await openBehind();
    lose();
    expect(await reasonOf(feed.read(undefined))).toBe("unavailable");
    expect(await reasonOf(feed.open(undefined, always))).toBe("unavailable");
    facts.close();
  });

  test("has as many streams as it can bear, and says when to come again", async () => {
    const { feed, facts } = await openBehind(2);
    const [one] = [await feed.open(undefined, always), await feed.open(undefined, always)];
    await expect(feed.open(undefined, always)).rejects.toMatchObject({ reason: "busy", retryAfter: 5 });
    one.end();
    one.end();
    const again = await feed.open(undefined, always);
    expect(await next(again)).toMatchObject({ event: "snapshot" });
    await expect(feed.open(undefined, always)).rejects.toMatchObject({ reason: "busy" });
    facts.close();
  });

  test("a failed opening takes no place", async () => {
    const { feed, facts, lose } = await openBehind(1);
    const stream = await feed.open(undefined, always);
    stream.end();
    lose();
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await reasonOf(feed.open(undefined, always))).toBe("unavailable");
    facts.close();
  });

  test("a stream ends when its reader may read no longer, without being asked, and with the feed", async () => {
    let holds = true;
    const one = await feed().open(undefined, () => holds);
    const other = await feed().open(undefined, always);
    const readings = [one, other].map((stream) => new TestReader().read(stream.messages, () => false));
    holds = false;
    await readings[0];
    feed().close();
    await readings[1];
    expect(await reasonOf(feed().open(undefined, always))).toBe("busy");
  });

  test("10 000 facts in a burst all arrive at a slow reader, in parts, and none waits in a queue of its own", async () => {
    const ids = Array.from({ length: 10_000 }, (_, n) => `account ${n}`);
    const stream = await feed().open(undefined, always);
    const messages = stream.messages[Symbol.asyncIterator]();
    await messages.next();
    for (let from = 0; from < ids.length; from += 500) await revoke(issuer, ...ids.slice(from, from + 500));
    const known: string[] = [];
    const sizes: number[] = [];
    while (known.length < ids.length) {
      const { value } = await messages.next();
      if (value?.event !== "facts") continue;
      known.push(...value.data.facts.map((fact: RevocationFact) => fact.id));
      sizes.push(value.data.facts.length);
    }
    expect(known).toEqual(ids);
    expect(Math.max(...sizes)).toBe(PART);
    stream.end();
  });
});

describe("a reading that was asked for", () => {
  test("begins after the question: nothing that was committed before is missing in the answer", async () => {
    const other = await openTestIssuer(issuer.options);
    const clock = { now: () => issuer.world.now(), measure: async () => {} };
    const gate = Promise.withResolvers<void>();
    let readings = 0;
    const since: Store["revocations"]["since"] = async (number) => {
      const facts = await issuer.store.revocations.since(number);
      readings += 1;
      // The first one has read already when the fact is committed.
      if (readings === 2) await gate.promise;
      return facts;
    };
    const store = { ...issuer.store, revocations: { ...issuer.store.revocations, since } };
    const facts = await openFactLog({ store, clock });
    const feed = createFeed({ facts, clock });
    const slow = facts.poll();
    await vi.waitFor(() => expect(readings).toBe(2));
    await revoke(other, "ann");
    const asked = feed.read(undefined);
    gate.resolve();
    await slow;
    expect(await asked).toMatchObject({ number: 1, facts: [{ id: "ann" }] });
    facts.close();
    await other.close();
  });
});
