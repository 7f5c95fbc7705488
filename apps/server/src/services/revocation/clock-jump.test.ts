import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migratedPostgresDatabase } from "../../testing/postgres.ts";
import { createClock } from "../clock.ts";
import { openTestIssuer, type TestIssuer } from "../testing/test-issuer.ts";
import { openFactLog } from "./fact-log.ts";
import { createFeed } from "./feed.ts";
import { createRevocations, STALE_MS } from "./revocations.ts";

const HOUR = 3_600_000;
let step = 0;
const world = { ...systemWorld, now: () => systemWorld.now() + step };
let issuer: TestIssuer;
beforeEach(async () => {
  step = 0;
  issuer = await openTestIssuer({ database: { postgres: await migratedPostgresDatabase() }, world });
});
afterEach(() => issuer.close());

async function own() {
  const clock = createClock({ store: issuer.store, world });
  await clock.measure();
  const facts = await openFactLog({ store: issuer.store, clock });
  return { clock, facts, revocations: createRevocations({ facts, clock }), feed: createFeed({ facts, clock }) };
}

describe("server case 13: a machine's clock jumps an hour ahead, and the database's does not", () => {
  test("what was revoked stays revoked", async () => {
    const { clock, facts, revocations } = await own();
    const ann = await issuer.person("ann");
    const token = await issuer.verifier.verify(ann.accessToken, issuer.services.issuer);
    await issuer.services.sessions.endOwn(ann.reply.session, ann.actor);
    expect(revocations.judge(token)).toBe("session_ended");
    step = HOUR;
    await facts.poll();
    await clock.measure();
    expect(revocations.judge(token)).toBe("session_ended");
    facts.close();
  });

  test("readers hear heartbeats again as soon as it is put right", async () => {
    const { clock, facts, feed } = await own();
    step = HOUR;
    await facts.poll();
    await clock.measure();
    await facts.poll();
    const { incarnation, number } = await feed.read(undefined);
    const stream = await feed.open(`${incarnation}:${number}`, () => true);
    const { value } = await stream.messages[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ event: "heartbeat" });
    stream.end();
    facts.close();
  });

  test("what is old is not taken for news once the clock is put right", async () => {
    const { clock, facts, revocations } = await own();
    step = HOUR;
    await facts.poll();
    await clock.measure();
    await facts.poll();
    // Nobody has read the table for more than a minute.
    step = HOUR + STALE_MS + 5000;
    expect(() => revocations.assertFresh()).toThrow("revocation_unknown");
    facts.close();
  });

  test("readers are told the database's time, by which they forget", async () => {
    const { facts, feed } = await own();
    step = HOUR;
    await facts.poll();
    const isDatabaseTime = expect.toSatisfy((at: number) => Math.abs(at - systemWorld.now()) < HOUR / 2);
    expect(await feed.read(undefined)).toMatchObject({ at: isDatabaseTime });
    const stream = await feed.open(undefined, () => true);
    const { value } = await stream.messages[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ event: "snapshot", data: { at: isDatabaseTime } });
    stream.end();
    facts.close();
  });
});
