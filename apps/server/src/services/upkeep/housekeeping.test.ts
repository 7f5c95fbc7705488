import { FACT_LIFE_MS } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, PASSWORD, type Person, SOMEBODY, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";
import { prune } from "./housekeeping.ts";

const DAY_MS = 86_400_000;

let issuer: TestIssuer;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const after = async (milliseconds: number) => {
  issuer.world.advance(milliseconds);
  await prune(issuer.store);
};

describe("housekeeping", () => {
  test("keeps a handoff as long as it is good", async () => {
    const credentials = { email: ann.email, password: PASSWORD };
    const { handoff } = await issuer.services.signIn.run("password", credentials, TERMINAL, SOMEBODY);
    await after(59_999);
    await issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
  });

  test("keeps an invitation for its seven days, and not for ever", async () => {
    const admin = await issuer.administrator();
    await issuer.services.invitations.create({ email: "bob@example.com", roles: [] }, admin.actor);
    await after(7 * DAY_MS - 1);
    expect(await issuer.services.invitations.list({ limit: 10 })).toHaveLength(1);
    await after(2);
    expect(await issuer.services.invitations.list({ limit: 10 })).toEqual([]);
  });

  test("keeps a revocation as long as a token that it kills can live", async () => {
    await issuer.services.sessions.endOwn(ann.reply.session, ann.actor);
    await after(FACT_LIFE_MS);
    expect(await issuer.store.revocations.since(0)).toHaveLength(1);
    await after(1);
    expect(await issuer.store.revocations.since(0)).toEqual([]);
  });

  test("keeps an ended session for 30 days, and never one that lives", async () => {
    const phone = await issuer.signIn(ann.email);
    await issuer.services.sessions.endOwn(phone.reply.session, ann.actor);
    let token = ann.refreshToken;
    for (let week = 0; week < 4; week += 1) {
      await after(7 * DAY_MS);
      const reply = await issuer.services.sessions.refresh({ client: "cli", refreshToken: token }, SOMEBODY);
      token = reply.refresh_token ?? "";
    }
    expect(await issuer.store.sessions.byId(phone.reply.session)).toBeDefined();
    await after(3 * DAY_MS);
    expect(await issuer.store.sessions.byId(phone.reply.session)).toBeUndefined();
    await issuer.services.sessions.refresh({ client: "cli", refreshToken: token }, SOMEBODY);
  });

  test("forgives no attempts before their window is over", async () => {
    const guess = () =>
      reasonOf(issuer.services.signIn.run("password", { email: ann.email, password: "wrong" }, TERMINAL, SOMEBODY));
    for (let attempt = 0; attempt < 10; attempt += 1) await guess();
    await after(899_999);
    expect(await guess()).toBe("rate_limited");
    await after(1);
    expect(await guess()).toBe("wrong_credentials");
  });
});
