import { EVERYTHING, FACT_LIFE_MS, type RevocationFact } from "@countersign/tokens";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountClaims, NOW } from "../../../tokens/src/testing/forge.ts";
import { createFeedKnowledge, type FeedKnowledge } from "./feed-knowledge.ts";
import type { FeedMessage } from "./feed-message.ts";

const ended = (id: string): RevocationFact => ({ kind: "session", id, least: EVERYTHING });
const isDead = (knowledge: FeedKnowledge, sid: string) =>
  knowledge.set.judge("k1", accountClaims({ sid })) === "session_ended";
const snapshot = (number: number, facts: RevocationFact[], more: Partial<FeedMessage> = {}): FeedMessage =>
  ({ kind: "snapshot", incarnation: "one", number, at: NOW, part: 0, last: true, facts, ...more }) as FeedMessage;
const news = (number: number, ...facts: RevocationFact[]): FeedMessage => ({
  kind: "facts",
  incarnation: "one",
  number,
  facts,
});
const beat = (number: number, at = NOW): FeedMessage => ({ kind: "heartbeat", incarnation: "one", number, at });

/** Over a connection whose question left at `NOW`. */
function connected(): FeedKnowledge {
  const knowledge = createFeedKnowledge(() => undefined);
  knowledge.begin(NOW);
  return knowledge;
}

describe("what a guard knows from a feed", () => {
  test("is nothing before the last part of a snapshot", () => {
    const knowledge = connected();
    knowledge.take(snapshot(2, [ended("a")], { last: false }), NOW);
    expect([knowledge.cursor, knowledge.knownAt]).toEqual([undefined, undefined]);
    knowledge.take(snapshot(2, [ended("b")], { part: 1 }), NOW);
    expect([knowledge.cursor, knowledge.knownAt]).toEqual(["one:2", NOW]);
    expect(["a", "b", "c"].map((id) => isDead(knowledge, id))).toEqual([true, true, false]);
  });

  test("an empty snapshot says that nothing was revoked", () => {
    const knowledge = connected();
    expect(knowledge.take(snapshot(0, []), NOW)).toBe(true);
    expect([knowledge.cursor, knowledge.knownAt]).toEqual(["one:0", NOW]);
  });

  test("server case 4: a heartbeat that is ahead of the facts makes nothing known, until they come", () => {
    const knowledge = connected();
    knowledge.take(snapshot(1, []), NOW);
    expect(knowledge.take(beat(2, NOW + 5000), NOW + 5000)).toBe(false);
    expect([knowledge.cursor, knowledge.knownAt]).toEqual(["one:1", NOW]);
    expect(knowledge.take(news(2, ended("a")), NOW + 6000)).toBe(true);
    expect([knowledge.cursor, knowledge.knownAt]).toEqual(["one:2", NOW + 5000]);
  });

  test("facts beside a snapshot that breaks off do not move the cursor past it", () => {
    const knowledge = connected();
    knowledge.take(snapshot(1, []), NOW);
    knowledge.take(snapshot(5, [ended("a")], { last: false }), NOW);
    knowledge.take(news(6, ended("b")), NOW);
    expect(isDead(knowledge, "b")).toBe(true);
    expect(knowledge.cursor).toBe("one:1");
    knowledge.begin(NOW);
    expect(() => knowledge.take(snapshot(5, [], { part: 1 }), NOW)).toThrow("without its beginning");
  });

  test("a heartbeat twice makes knowledge no younger", () => {
    const knowledge = connected();
    knowledge.take(snapshot(1, []), NOW);
    expect(knowledge.take(beat(1, NOW), NOW + 60_000)).toBe(false);
    expect(knowledge.take(beat(1, NOW - 5000), NOW + 60_000)).toBe(false);
    expect(knowledge.knownAt).toBe(NOW);
  });

  test("what was held back on its way is as old as it is, and moves no clock", () => {
    const knowledge = connected();
    knowledge.take(snapshot(1, []), NOW + 3000);
    expect([knowledge.knownAt, knowledge.offset, knowledge.delay]).toEqual([NOW, 0, 3000]);
    knowledge.take(beat(1, NOW + 5000), NOW + 64_000);
    expect([knowledge.knownAt, knowledge.offset, knowledge.delay]).toEqual([NOW + 5000, 0, 59_000]);
    knowledge.take(beat(1, NOW + 65_000), NOW + 65_000);
    expect([knowledge.knownAt, knowledge.offset, knowledge.delay]).toEqual([NOW + 65_000, 0, 0]);
  });

  test("what comes before it was said shows a clock that was set back", () => {
    const knowledge = connected();
    knowledge.take(snapshot(1, []), NOW);
    knowledge.take(beat(1, NOW + 5000), NOW - 295_000);
    expect([knowledge.knownAt, knowledge.offset, knowledge.delay]).toEqual([NOW - 295_000, 300_000, 0]);
  });

  test("another connection compares the clocks anew", () => {
    const knowledge = connected();
    knowledge.take(snapshot(1, []), NOW);
    knowledge.begin(NOW + 300_000);
    expect(knowledge.delay).toBe(0);
    knowledge.take(beat(1, NOW + 5000), NOW + 300_100);
    expect([knowledge.knownAt, knowledge.offset]).toEqual([NOW + 300_000, -295_000]);
  });

  test("another incarnation replaces everything, and says nothing before its snapshot", () => {
    const knowledge = connected();
    knowledge.take(snapshot(9, [{ kind: "account", id: "ann", least: 99 }]), NOW);
    expect(() => knowledge.take({ ...news(1), incarnation: "two" } as FeedMessage, NOW)).toThrow(
      "without its snapshot",
    );
    expect(() => knowledge.take({ ...beat(1), incarnation: "two" } as FeedMessage, NOW)).toThrow(
      "without its snapshot",
    );
    expect(knowledge.set.judge("k1", accountClaims())).toBe("token_stale");
    knowledge.take(snapshot(1, [], { incarnation: "two" }), NOW);
    expect(knowledge.set.judge("k1", accountClaims())).toBeUndefined();
    expect(knowledge.cursor).toBe("two:1");
  });

  test("memory is bounded by the life of a token, however long the feed runs", () => {
    const knowledge = connected();
    knowledge.take(snapshot(0, []), NOW);
    for (let n = 1; n <= 5000; n += 1) {
      const moment = NOW + n * 1000;
      knowledge.take(news(n, ended(`s${n}`)), moment);
      if (n % 5 === 0) knowledge.take(beat(n, moment), moment);
    }
    expect(knowledge.set.size).toBe(FACT_LIFE_MS / 1000);
    const end = NOW + 5_000_000 + FACT_LIFE_MS;
    knowledge.take(beat(5000, end), end);
    expect(knowledge.set.size).toBe(0);
  });

  test("this machine's clock may jump and be put back: nothing is forgotten by it", () => {
    const knowledge = connected();
    knowledge.take(snapshot(0, []), NOW);
    knowledge.take(news(1, ended("a")), NOW);
    knowledge.take(beat(1, NOW + 5000), NOW + 20 * 60_000);
    knowledge.take(beat(1, NOW + 10_000), NOW + 10_000);
    expect(isDead(knowledge, "a")).toBe(true);
  });

  test("what is learned while it lags behind, after a long silence, is kept for as long as anything", () => {
    const knowledge = connected();
    knowledge.take(snapshot(0, []), NOW);
    const later = NOW + 10 * FACT_LIFE_MS;
    knowledge.take(news(1, ended("a")), later - 20 * 60_000);
    knowledge.take(beat(1, later), later - 20 * 60_000);
    knowledge.take(beat(1, later + FACT_LIFE_MS - 1), later + FACT_LIFE_MS - 1);
    expect(isDead(knowledge, "a")).toBe(true);
    knowledge.take(beat(1, later + FACT_LIFE_MS), later + FACT_LIFE_MS);
    expect(isDead(knowledge, "a")).toBe(false);
  });
});

/** What an issuer and the network do, one step at a time. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("commit" as const), facts: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("again" as const), back: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("beat" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("late beat" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("reconnect" as const), partSize: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("prune" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const) }) },
  ),
  { maxLength: 60 },
);

test("server case 4: whatever breaks and whatever comes twice, no fact is lost", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const knowledge = connected();
      let log: RevocationFact[] = [];
      let pruned = 0;
      let life = 1;
      let clock = NOW;
      let sent = 0;
      let queue: FeedMessage[] = [];
      const delivered: FeedMessage[] = [];
      const beats: FeedMessage[] = [];
      const incarnation = () => `life-${life}`;

      const connect = (partSize: number) => {
        knowledge.begin(clock);
        queue = [];
        delivered.length = 0;
        const [name, number] = knowledge.cursor?.split(":") ?? [];
        sent = log.length;
        if (name === incarnation() && Number(number) >= pruned) {
          queue.push({ kind: "facts", incarnation: name, number: sent, facts: log.slice(Number(number)) });
          return;
        }
        const parts = Math.max(1, Math.ceil(sent / partSize));
        for (let part = 0; part < parts; part += 1) {
          const facts = log.slice(part * partSize, (part + 1) * partSize);
          const last = part === parts - 1;
          queue.push({ kind: "snapshot", incarnation: incarnation(), number: sent, at: clock, part, last, facts });
        }
      };
      const deliver = (message: FeedMessage | undefined) => {
        if (!message) return;
        delivered.push(message);
        try {
          knowledge.take(message, clock);
        } catch {
          connect(2);
        }
        assertNothingLost();
      };
      /** What the guard says that it knows, it knows. */
      const assertNothingLost = () => {
        const [name, number] = knowledge.cursor?.split(":") ?? [];
        if (name !== incarnation()) return;
        for (const fact of log.slice(0, Number(number))) expect(isDead(knowledge, fact.id)).toBe(true);
      };

      connect(2);
      for (const step of script) {
        clock += 1000;
        if (step.do === "commit") {
          for (let n = 0; n < step.facts; n += 1) log.push(ended(`${life}-${log.length}`));
          queue.push({ kind: "facts", incarnation: incarnation(), number: log.length, facts: log.slice(sent) });
          sent = log.length;
        } else if (step.do === "send") deliver(queue.shift());
        else if (step.do === "again") deliver(delivered.at(-step.back));
        else if (step.do === "beat") {
          // Of an instance that has read further than this stream has sent.
          const message: FeedMessage = { kind: "heartbeat", incarnation: incarnation(), number: log.length, at: clock };
          beats.push(message);
          deliver(message);
        } else if (step.do === "late beat") deliver(beats.at(-2));
        else if (step.do === "reconnect") connect(step.partSize);
        else if (step.do === "prune") pruned = log.length;
        else {
          log = [];
          pruned = 0;
          life += 1;
          connect(2);
        }
      }
      connect(3);
      while (queue.length > 0) deliver(queue.shift());
      deliver({ kind: "heartbeat", incarnation: incarnation(), number: log.length, at: clock + 1 });
      expect(knowledge.cursor).toBe(`${incarnation()}:${log.length}`);
      for (const fact of log) expect(isDead(knowledge, fact.id)).toBe(true);
      expect(knowledge.knownAt).toBe(clock);
    }),
    { numRuns: 500 },
  );
});
