import { EVERYTHING, Refusal } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Store } from "../../store/store.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, type TestIssuer } from "../testing/test-issuer.ts";
import { type FactLog, openFactLog } from "./fact-log.ts";
import { createRevocations, type Revocations, STALE_MS } from "./revocations.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer();
});
afterEach(() => issuer.close());

/** The same facts, behind a database that can be lost and found. */
async function openBehind(): Promise<{ revocations: Revocations; facts: FactLog; lose(): void; find(): void }> {
  let lost = false;
  const since: Store["revocations"]["since"] = async (number) => {
    if (lost) throw new Refusal("unavailable");
    return await issuer.store.revocations.since(number);
  };
  const store = { ...issuer.store, revocations: { ...issuer.store.revocations, since } };
  const clock = { now: () => issuer.world.now(), measure: async () => {} };
  const facts = await openFactLog({ store, clock });
  return {
    revocations: createRevocations({ facts, clock }),
    facts,
    lose: () => {
      lost = true;
    },
    find: () => {
      lost = false;
    },
  };
}

describe("what is revoked", () => {
  test("is known here before the cause is answered", async () => {
    const ann = await issuer.person("ann");
    await issuer.services.sessions.endOwn(ann.reply.session, ann.actor);
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("session_ended");
  });

  test("is known after a restart", async () => {
    const ann = await issuer.person("ann");
    await issuer.services.sessions.endOwn(ann.reply.session, ann.actor);
    const later = await openTestIssuer(issuer.options);
    expect(await reasonOf(later.judge(ann.accessToken))).toBe("session_ended");
    await later.close();
  });

  test("server case 4: by another instance is known here within two seconds, without being asked", async () => {
    const other = await openTestIssuer(issuer.options);
    const ann = await issuer.person("ann");
    await other.services.sessions.endOwn(ann.reply.session, ann.actor);
    await vi.waitFor(async () => expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("session_ended"), 2000);
    await other.close();
  });

  test("is read from the table once, and from then on only what is new", async () => {
    const asked: number[] = [];
    const since: Store["revocations"]["since"] = (number) => {
      asked.push(number);
      return issuer.store.revocations.since(number);
    };
    const store = { ...issuer.store, revocations: { ...issuer.store.revocations, since } };
    const clock = { now: () => issuer.world.now(), measure: async () => {} };
    const facts = await openFactLog({ store, clock });
    const other = await openTestIssuer(issuer.options);
    const [ann, phone] = [await issuer.person("ann"), await issuer.signIn("ann@example.com")];
    await issuer.signIn("ann@example.com");
    await issuer.services.sessions.endOwn(ann.reply.session, ann.actor);
    await facts.poll();
    await other.services.sessions.endOthers(phone.actor);
    await facts.poll();
    await facts.poll();
    expect(asked).toEqual([0, 1, 1, 2]);
    facts.close();
    await other.close();
  });

  test("a revoked key kills everything that it signed", async () => {
    const ann = await issuer.person("ann");
    const { kid } = await issuer.services.keys.current();
    await issuer.store.transaction(async (tx) => tx.revoke({ kind: "key", id: kid }));
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("token_stale");
  });
});

describe("silence", () => {
  test("of 60 seconds is borne, of more refuses to judge, and says when to come again", async () => {
    const ann = await issuer.person("ann");
    const token = await issuer.verifier.verify(ann.accessToken, issuer.services.issuer);
    const { revocations, facts, lose, find } = await openBehind();
    lose();
    issuer.world.advance(STALE_MS);
    expect(revocations.judge(token)).toBeUndefined();
    issuer.world.advance(1);
    expect(() => revocations.judge(token)).toThrow("revocation_unknown");
    expect(() => revocations.assertFresh()).toThrow(expect.objectContaining({ retryAfter: 1 }));
    find();
    await vi.waitFor(() => expect(revocations.judge(token)).toBeUndefined());
    facts.close();
  });

  test("revives nothing: what is known to be dead stays dead", async () => {
    const ann = await issuer.person("ann");
    const token = await issuer.verifier.verify(ann.accessToken, issuer.services.issuer);
    const { revocations, facts, lose } = await openBehind();
    await issuer.store.transaction(async (tx) =>
      tx.revoke({ kind: "session", id: ann.reply.session, least: EVERYTHING }),
    );
    lose();
    issuer.world.advance(STALE_MS + 1);
    expect(revocations.judge(token)).toBe("session_ended");
    facts.close();
  });

  test("before the first reading there is no judging at all", async () => {
    const failing = {
      ...issuer.store,
      revocations: { ...issuer.store.revocations, since: async () => Promise.reject(new Refusal("unavailable")) },
    };
    const clock = { now: () => issuer.world.now(), measure: async () => {} };
    expect(await reasonOf(openFactLog({ store: failing, clock }))).toBe("unavailable");
  });

  test("makes the instance not ready", async () => {
    await issuer.services.health.ready();
    issuer.world.advance(STALE_MS + 1);
    expect(await reasonOf(issuer.services.health.ready())).toBe("revocation_unknown");
    await vi.waitFor(() => issuer.services.health.ready());
  });
});
