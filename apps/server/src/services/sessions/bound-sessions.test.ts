import { randomBytes } from "node:crypto";
import { systemWorld } from "@countersign/tokens";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migratedPostgresDatabase } from "../../testing/postgres.ts";
import { type BoundBrowser, boundApp, boundAudiences, FILES, FROM, openBoundBrowser } from "../testing/bound-app.ts";
import { databasesForTests } from "../testing/databases.ts";
import { nextGeneration } from "../testing/next-generation.ts";
import { reasonOf } from "../testing/reason-of.ts";
import {
  ISSUER,
  NOTES,
  openTestIssuer,
  PASSWORD,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "../testing/test-issuer.ts";

const DAY_MS = 86_400_000;

describe("a session that is bound to a key", () => {
  let issuer: TestIssuer;
  let browser: BoundBrowser;
  let session: string;
  let token: string;
  beforeEach(async () => {
    issuer = await openTestIssuer({ clients: [boundApp], audiences: boundAudiences });
    const ann = await issuer.person("ann");
    browser = await openBoundBrowser(issuer, ann.email);
    const started = await browser.start();
    session = started.session;
    token = started.refresh_token ?? "";
  });
  afterEach(() => issuer.close());

  const row = () => issuer.store.sessions.byId(session);
  const refusals = (event: string) => issuer.store.audit.list({ limit: 10, event });
  const causes = async (event: string) => (await refusals(event)).map(({ detail }) => detail["cause"]).sort();

  test("RFC 9449 5: goes on with proofs of that key", async () => {
    expect(await row()).toMatchObject({ jkt: browser.key.jkt, gen: 0 });
    const { refresh_token: next = "" } = await browser.refresh(token);
    issuer.world.advance(10_000);
    expect(await browser.refresh(next)).toMatchObject({ session });
    expect(await row()).toMatchObject({ jkt: browser.key.jkt, gen: 2 });
  });

  test("server case 3, corpus 24: is refused to another key and to none, which changes nothing and is written down", async () => {
    const other = await openBoundBrowser(issuer, "ann@example.com");
    const before = await row();
    expect(await reasonOf(browser.refresh(token, await other.proof("refresh")))).toBe("key_mismatch");
    expect(await reasonOf(browser.refresh(token, null))).toBe("key_mismatch");
    expect(await row()).toEqual(before);
    expect(await causes("session.refresh_refused")).toEqual(["wrong_proof", "wrong_proof"]);
    expect(await browser.refresh(token)).toMatchObject({ session });
  });

  test("answers a lost reply with the same successor, however late", async () => {
    const { refresh_token: next } = await browser.refresh(token);
    issuer.world.advance(3_600_000);
    for (let time = 0; time < 4; time += 1) {
      expect((await browser.refresh(token)).refresh_token).toBe(next);
      issuer.world.advance(60_000);
    }
    expect(await row()).toMatchObject({ gen: 1, streak: 0, endedAt: null });
  });

  test.each<[string, Parameters<BoundBrowser["proof"]>, string]>([
    ["server case 13: of another method", ["refresh", { method: "GET" }], "proof_invalid"],
    ["server case 13: for another route", ["start"], "proof_invalid"],
    ["server case 13: with a token's hash", ["refresh", { token: "a token" }], "proof_invalid"],
    ["server case 13: of a clock that goes wrong", ["refresh", { now: 0 }], "use_dpop_nonce"],
    ["server case 13: with a nonce that is none", ["refresh", { nonce: "none" }], "use_dpop_nonce"],
    ["that is none", ["refresh", { header: { typ: "JWT" } }], "proof_invalid"],
  ])("RFC 9449 4.3: a proof %s is refused and changes nothing", async (_what, asked, reason) => {
    const before = await row();
    expect(await reasonOf(browser.refresh(token, await browser.proof(...asked)))).toBe(reason);
    expect(await row()).toEqual(before);
    expect(await refusals("session.refresh_refused")).toHaveLength(reason === "proof_invalid" ? 1 : 0);
  });

  test("RFC 9449 8: a nonce does instead of a clock that goes right", async () => {
    const refused = browser.refresh(token, await browser.proof("refresh", { now: 0 }));
    const nonce = await issuer.services.proofs.nonce();
    await expect(refused).rejects.toMatchObject({ reason: "use_dpop_nonce", nonce });
    expect(await browser.refresh(token, await browser.proof("refresh", { now: 0, nonce }))).toMatchObject({ session });
  });

  test("RFC 9449 11.1: a proof is good once", async () => {
    const proof = await browser.proof("refresh");
    const { refresh_token: next = "" } = await browser.refresh(token, proof);
    expect(await reasonOf(browser.refresh(next, proof))).toBe("proof_invalid");
    expect(await causes("session.refresh_refused")).toEqual(["proof: used before"]);
  });

  test("RFC 9449 5, 6.1: has tokens that are bound to its key where the API's are, and bearer tokens elsewhere", async () => {
    const { tokens } = await browser.tokensFor(token, [ISSUER, NOTES, FILES]);
    const types = tokens.map(({ audience, token_type, access_token }) => [
      audience,
      token_type,
      decodeJwt(access_token)["cnf"],
    ]);
    expect(types).toEqual([
      [ISSUER, "Bearer", undefined],
      [NOTES, "Bearer", undefined],
      [FILES, "DPoP", { jkt: browser.key.jkt }],
    ]);
    const ben = await issuer.person("ben");
    const unbound = { client: "cli", refreshToken: ben.refreshToken, audiences: [FILES] };
    expect((await issuer.services.sessions.refresh(unbound, SOMEBODY)).tokens).toMatchObject([
      { token_type: "Bearer" },
    ]);
  });

  test("is ended by its own key alone", async () => {
    const other = await openBoundBrowser(issuer, "ann@example.com");
    expect(await reasonOf(browser.end(token, await other.proof("end")))).toBe("key_mismatch");
    expect(await reasonOf(browser.end(token, null))).toBe("key_mismatch");
    expect(await row()).toMatchObject({ endedAt: null });
    expect(await causes("session.end_refused")).toEqual(["wrong_proof", "wrong_proof"]);
    await browser.end(token);
    expect(await row()).toMatchObject({ endCause: "signed_out" });
  });

  test("ends after a day, however often it is refreshed", async () => {
    const { createdAt = 0, absEnd, idleEnd } = (await row()) ?? {};
    expect([absEnd, idleEnd]).toEqual([createdAt + DAY_MS, createdAt + DAY_MS]);
    issuer.world.advance(DAY_MS - 1000);
    const { refresh_token: next = "" } = await browser.refresh(token);
    issuer.world.advance(1000);
    expect(await reasonOf(browser.refresh(next))).toBe("invalid_grant");
  });

  test("RFC 9449 10: starts with a handoff that was made for its key, and stays good where it belongs", async () => {
    const other = await openBoundBrowser(issuer, "ann@example.com");
    const handoff = await browser.handoff();
    expect(await reasonOf(browser.start(handoff, await other.proof("start")))).toBe("invalid_grant");
    const unproved = { client: boundApp.id, origin: boundApp.origins[0] ?? "", handoff };
    expect(await reasonOf(issuer.services.sessions.start(unproved, SOMEBODY))).toBe("invalid_grant");
    expect(await reasonOf(browser.start(handoff, await browser.proof("end")))).toBe("proof_invalid");
    expect(await causes("session.start_refused")).toEqual([
      "handoff: wrong_key",
      "handoff: wrong_key",
      "proof: htu is another URL",
    ]);
    expect(await browser.start(handoff)).toMatchObject({ session: expect.any(String) });
  });

  test("RFC 9449 10: a sign-in says for which key it is, where its client proves one, and nowhere else", async () => {
    const signIn = (request: object) =>
      issuer.services.signIn.run(
        "password",
        { email: "ann@example.com", password: PASSWORD },
        { ...TERMINAL, ...request },
        SOMEBODY,
      );
    const elsewhere = { client: boundApp.id, origin: boundApp.origins[0] };
    expect(await reasonOf(signIn(elsewhere))).toBe("key_mismatch");
    expect(await reasonOf(signIn({ jkt: browser.key.jkt }))).toBe("key_mismatch");
    expect(await reasonOf(signIn({ ...elsewhere, jkt: browser.key.jkt }))).toBeUndefined();
  });

  test("has no use for a proof where no key binds it", async () => {
    const { refreshToken, reply } = await issuer.person("ben");
    const proof = await browser.proof("refresh");
    const refresh = issuer.services.sessions.refresh({ client: "cli", refreshToken, proof }, SOMEBODY);
    expect(await reasonOf(refresh)).toBe("key_mismatch");
    expect(await issuer.store.sessions.byId(reply.session)).toMatchObject({ gen: 0 });
  });
});

describe.each(Object.entries(databasesForTests()))("what is remembered of proofs over %s", (_kind, makeDatabase) => {
  let issuer: TestIssuer;
  let browser: BoundBrowser;
  let token: string;
  beforeEach(async () => {
    const app = { clients: [boundApp], audiences: boundAudiences };
    issuer = await openTestIssuer({ ...app, database: await makeDatabase(), world: systemWorld });
    const ann = await issuer.person("ann");
    browser = await openBoundBrowser(issuer, ann.email);
    token = (await browser.start()).refresh_token ?? "";
    await remembered();
  });
  afterEach(() => issuer.close());

  /** How many proofs were. All are forgotten then. */
  const remembered = () => issuer.store.proofs.prune(Number.MAX_SAFE_INTEGER);
  const madeUp = () => `${randomBytes(32).toString("base64url")}.1`;

  test("RFC 9449 11.1: one for each start, refresh and end that changed something", async () => {
    const started = await browser.start();
    await browser.refresh(token);
    await browser.end(started.refresh_token ?? "");
    expect(await remembered()).toBe(3);
  });

  test("RFC 9449 11.1: nothing, of who holds no handoff and no refresh token", async () => {
    const nonce = await issuer.services.proofs.nonce();
    const stranger = await openBoundBrowser(issuer, "ann@example.com");
    const forged = token.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    for (let time = 0; time < 5; time += 1) {
      const proofFor = (route: "start" | "refresh" | "end") => stranger.proof(route, { nonce });
      expect(await reasonOf(stranger.start(madeUp(), await proofFor("start")))).toBe("invalid_grant");
      expect(await reasonOf(stranger.refresh(forged, await proofFor("refresh")))).toBe("invalid_grant");
      expect(await reasonOf(stranger.end(forged, await proofFor("end")))).toBeUndefined();
    }
    expect(await remembered()).toBe(0);
  });

  test("RFC 9449 11.1: nothing, of who holds one that is for another key, or that is dead", async () => {
    const thief = await openBoundBrowser(issuer, "ann@example.com");
    expect(await reasonOf(thief.start(await browser.handoff()))).toBe("invalid_grant");
    expect(await reasonOf(thief.refresh(token))).toBe("key_mismatch");
    expect(await reasonOf(thief.end(token))).toBe("key_mismatch");
    await browser.end(token);
    await remembered();
    expect(await reasonOf(browser.refresh(token))).toBe("invalid_grant");
    expect(await reasonOf(browser.end(token))).toBeUndefined();
    expect(await remembered()).toBe(0);
  });

  test("RFC 9449 11.1: a proof that was used redeems no other handoff and ends no session, also after a restart", async () => {
    const [proof, end] = [await browser.proof("start"), await browser.proof("end")];
    const other = (await browser.start(undefined, proof)).refresh_token ?? "";
    await browser.end(other, end);
    const handoff = await browser.handoff();
    const again = await openTestIssuer(issuer.options);
    const restarted = again.services.sessions;
    expect(await reasonOf(restarted.start({ ...FROM, handoff, proof }, SOMEBODY))).toBe("proof_invalid");
    expect(await reasonOf(restarted.end({ ...FROM, refreshToken: token, proof: end }, SOMEBODY))).toBe("proof_invalid");
    await again.close();
    expect(await browser.start(handoff)).toMatchObject({ session: expect.any(String) });
    expect(await browser.refresh(token)).toMatchObject({ session: expect.any(String) });
  });

  test("RFC 9449 11.1: a used proof with a token of two generations ago ends nothing", async () => {
    const proof = await browser.proof("refresh");
    const { session } = await browser.refresh(token, proof);
    await nextGeneration(issuer.store, session);
    expect(await reasonOf(browser.refresh(token, proof))).toBe("proof_invalid");
    expect(await issuer.store.sessions.byId(session)).toMatchObject({ endedAt: null });
  });
});

describe("two instances over one PostgreSQL", () => {
  let one: TestIssuer;
  let two: TestIssuer;
  beforeAll(async () => {
    const database = { postgres: await migratedPostgresDatabase() };
    const open = () => openTestIssuer({ database, clients: [boundApp], audiences: boundAudiences, world: systemWorld });
    [one, two] = [await open(), await open()];
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close()]);
  });

  test("server case 13, corpus 20, RFC 9449 11.1: a proof that reaches both at once is good at one", async () => {
    const ann = await one.person("ann");
    const key = await openBoundBrowser(one, ann.email);
    const { session, refresh_token: token = "" } = await key.start();
    for (let round = 0; round < 5; round += 1) {
      const proof = await key.proof("refresh");
      const outcomes = await Promise.all([one, two, one, two].map((node) => reasonOf(key.refresh(token, proof, node))));
      expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
      expect(outcomes.filter((reason) => reason === "proof_invalid")).toHaveLength(3);
    }
    expect(await two.store.sessions.byId(session)).toMatchObject({ gen: 1 });
  });

  test("RFC 9449 8: a nonce of one is good at the other", async () => {
    const ben = await one.person("ben");
    const key = await openBoundBrowser(one, ben.email);
    const { session, refresh_token: token = "" } = await key.start();
    const nonce = await one.services.proofs.nonce();
    const proof = await key.proof("refresh", { now: 0, nonce });
    expect(await key.refresh(token, proof, two)).toMatchObject({ session });
  });
});
