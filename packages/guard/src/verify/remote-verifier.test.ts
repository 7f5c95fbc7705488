import { issueAccessToken } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  AUDIENCE,
  accountClaims,
  honestHeader,
  ISSUER,
  makePair,
  NOW,
  signAnything,
} from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { createDesk, type Desk } from "../test-support/desk.ts";
import { type IssuerServer, METADATA, startIssuerServer } from "../test-support/issuer-server.ts";
import { refusalIn, send } from "../test-support/send.ts";
import { createRemoteVerifier } from "./remote-verifier.ts";

const JWKS = "/keys";
let desk: Desk;
let server: IssuerServer;
beforeEach(async () => {
  desk = await createDesk();
  server = await startIssuerServer(ISSUER);
  server.answer(METADATA, { issuer: ISSUER, jwks_uri: `${ISSUER}${JWKS}`, response_types_supported: [] });
  server.answer(JWKS, { keys: [desk.pair.generated.publicJwk] });
});
afterEach(() => server.close());

const createVerifier = () => createRemoteVerifier(ISSUER, { fetch: server.fetch, revocation: null, world: desk.world });
const verify = async (token: string) => await createVerifier().verify(token, AUDIENCE);

describe("a verifier for an issuer elsewhere", () => {
  test("fetches metadata and keys when the first token comes, and then no more", async () => {
    const verifier = createVerifier();
    expect(server.visits).toEqual([]);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => desk.account()));
    const verified = await Promise.all(tokens.map((token) => verifier.verify(token, AUDIENCE)));
    expect(verified.map((one) => one.subject.id)).toEqual(tokens.map(() => "ann"));
    expect(server.visits).toEqual([METADATA, JWKS]);
  });

  test("corpus 34: checks what an issuer in the same process checks: nothing that one refuses gets in by the other", async () => {
    const local = desk.verifier;
    const remote = createVerifier();
    const claims = accountClaims();
    const { signing } = desk.pair;
    const sign = (changes: object) => signAnything(honestHeader(signing), { ...claims, ...changes }, signing);
    const bad: Readonly<Record<string, object>> = {
      "another audience": { aud: "https://other.example" },
      "a list of audiences": { aud: [AUDIENCE] },
      "no audience": { aud: undefined },
      "another issuer": { iss: "https://other.example" },
      "no end": { exp: undefined },
      "an end in the past": { exp: NOW / 1000 - 3600 },
      "no session": { sid: undefined },
    };
    expect((await remote.verify(await sign({}), AUDIENCE)).subject.id).toBe(
      (await local.verify(await sign({}), AUDIENCE)).subject.id,
    );
    for (const [what, changes] of Object.entries(bad)) {
      const token = await sign(changes);
      const reasons = await Promise.all(
        [local, remote].map((verifier) =>
          verifier.verify(token, AUDIENCE).then(
            () => "accepted",
            ({ reason }) => reason,
          ),
        ),
      );
      expect(reasons[0], what).toMatch(/^token_(invalid|expired)$/);
      expect(reasons[1], what).toBe(reasons[0]);
    }
  });

  test("asks no metadata again while the place of the keys serves", async () => {
    const verifier = createVerifier();
    await verifier.verify(await desk.account(), AUDIENCE);
    desk.pass(300);
    await verifier.verify(await desk.account(), AUDIENCE);
    expect(server.visits).toEqual([METADATA, JWKS, JWKS]);
  });

  test("asks metadata again when it no longer does", async () => {
    const verifier = createVerifier();
    await verifier.verify(await desk.account(), AUDIENCE);
    server.answerBy(JWKS, (response) => void response.writeHead(404).end());
    server.answer("/moved", { keys: [desk.pair.generated.publicJwk] });
    server.answer(METADATA, { issuer: ISSUER, jwks_uri: `${ISSUER}/moved` });
    desk.pass(300);
    await verifier.verify(await desk.account(), AUDIENCE).catch(() => undefined);
    desk.pass(30);
    await verifier.verify(await desk.account(), AUDIENCE);
    // Nobody waits for it: the known key serves meanwhile.
    await vi.waitFor(() => expect(server.visits).toEqual([METADATA, JWKS, JWKS, METADATA, "/moved"]));
  });

  test("RFC 8414 3: the well-known part stands between host and path", async () => {
    const issuer = `${ISSUER}/tenant`;
    server.answer(`${METADATA}/tenant`, { issuer, jwks_uri: `${ISSUER}${JWKS}` });
    const verifier = createRemoteVerifier(issuer, { fetch: server.fetch, revocation: null, world: desk.world });
    await verifier.verify(await issueAccessToken(accountClaims({ iss: issuer }), desk.pair.signing), AUDIENCE);
    expect(server.visits).toEqual([`${METADATA}/tenant`, JWKS]);
  });

  test("RFC 8414 5: and after the path where there is nothing in between, as in an app that holds the issuer", async () => {
    const issuer = `${ISSUER}/auth`;
    server.answerBy(`${METADATA}/auth`, (response) => void response.end("<!doctype html>"));
    server.answer(`/auth${METADATA}`, { issuer, jwks_uri: `${issuer}${JWKS}` });
    server.answer(`/auth${JWKS}`, { keys: [desk.pair.generated.publicJwk] });
    const verifier = createRemoteVerifier(issuer, { fetch: server.fetch, revocation: null, world: desk.world });
    await verifier.verify(await issueAccessToken(accountClaims({ iss: issuer }), desk.pair.signing), AUDIENCE);
    expect(server.visits).toEqual([`${METADATA}/auth`, `/auth${METADATA}`, `/auth${JWKS}`]);
  });

  test("RFC 8414 3.3: another issuer's document in between is the end of it", async () => {
    const issuer = `${ISSUER}/auth`;
    server.answer(`${METADATA}/auth`, { issuer: ISSUER, jwks_uri: `${ISSUER}${JWKS}` });
    server.answer(`/auth${METADATA}`, { issuer, jwks_uri: `${ISSUER}${JWKS}` });
    const verifier = createRemoteVerifier(issuer, { fetch: server.fetch, revocation: null, world: desk.world });
    const refused = verifier.verify(
      await issueAccessToken(accountClaims({ iss: issuer }), desk.pair.signing),
      AUDIENCE,
    );
    await expect(refused).rejects.toMatchObject({ reason: "unavailable" });
    expect(server.visits).toEqual([`${METADATA}/auth`]);
  });

  test("server case 6: believes a key for as long as it is published", async () => {
    const verifier = createVerifier();
    const token = await verifier.verify(await desk.account(), AUDIENCE);
    expect(() => verifier.judge(token)).not.toThrow();
    server.answer(JWKS, { keys: [(await makePair()).generated.publicJwk] });
    desk.pass(300);
    await expect(verifier.verify(await desk.account(), AUDIENCE)).rejects.toMatchObject({
      reason: "unknown_key",
    });
    expect(() => verifier.judge(token)).toThrow(expect.objectContaining({ reason: "token_stale" }));
  });

  test("corpus 5, 9: keys that a token brings or points to cost no visit at all", async () => {
    const thief = await makePair();
    const lure = `${server.origin}/evil`;
    const header = honestHeader(thief.signing);
    const verifier = createVerifier();
    for (const extra of [
      { jwk: thief.generated.publicJwk },
      { jku: lure },
      { x5u: lure },
      { x5c: ["AAAA"] },
      { iss: lure },
    ]) {
      const token = await signAnything({ ...header, ...extra }, accountClaims(), thief.signing);
      await expect(verifier.verify(token, AUDIENCE)).rejects.toMatchObject({ reason: "token_invalid" });
    }
    expect(server.visits).toEqual([]);
    await verifier.verify(await desk.account(), AUDIENCE);
    const kid = `${lure}#key`;
    const pointing = await signAnything({ ...header, kid }, accountClaims(), thief.signing);
    await expect(verifier.verify(pointing, AUDIENCE)).rejects.toMatchObject({ reason: "unknown_key" });
    expect(server.visits).toEqual([METADATA, JWKS]);
  });
});

describe("an issuer's documents that are not believed", () => {
  const refused = async () => {
    await expect(verify(await desk.account())).rejects.toMatchObject({ reason: "unavailable", retryAfter: 1 });
  };

  test.each<[string, unknown]>([
    ["RFC 8414 3.3: another issuer's", { issuer: "https://evil.example", jwks_uri: `${ISSUER}${JWKS}` }],
    ["RFC 8414 3.3: with a slash more", { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}${JWKS}` }],
    ["RFC 8414 3.3: in another case", { issuer: ISSUER.replace("issuer", "ISSUER"), jwks_uri: `${ISSUER}${JWKS}` }],
    ["keys without TLS", { issuer: ISSUER, jwks_uri: `http://issuer.example${JWKS}` }],
    ["keys on another host", { issuer: ISSUER, jwks_uri: `https://evil.example${JWKS}` }],
    ["keys on a host that ours begins", { issuer: ISSUER, jwks_uri: `${ISSUER}.evil.example${JWKS}` }],
    ["keys on a host behind an @", { issuer: ISSUER, jwks_uri: `${ISSUER}@evil.example${JWKS}` }],
    ["keys on another port", { issuer: ISSUER, jwks_uri: `${ISSUER}:8443${JWKS}` }],
    ["keys in a data URL", { issuer: ISSUER, jwks_uri: `data:application/json,{}` }],
    ["keys at no URL", { issuer: ISSUER, jwks_uri: "keys" }],
    ["keys nowhere", { issuer: ISSUER }],
    ["a list", [{ issuer: ISSUER, jwks_uri: `${ISSUER}${JWKS}` }]],
    ["null", null],
  ])("metadata: %s", async (_what, document) => {
    server.answer(METADATA, document);
    await refused();
    expect(server.asked).toEqual([`${ISSUER}${METADATA}`]);
  });

  test.each<[string, () => unknown]>([
    ["no keys", () => ({ keys: [] })],
    ["keys that are no list", () => ({ keys: desk.pair.generated.publicJwk })],
    ["no such member", () => [desk.pair.generated.publicJwk]],
    [
      "a secret key for HMAC",
      () => ({ keys: [{ kty: "oct", k: "c2VjcmV0", kid: desk.pair.signing.kid, alg: "HS256", use: "sig" }] }),
    ],
    ["a private key", () => ({ keys: [{ ...desk.pair.generated.publicJwk, d: "A".repeat(43) }] })],
    ["a key without an algorithm", () => ({ keys: [{ ...desk.pair.generated.publicJwk, alg: undefined }] })],
    ["a key for another algorithm", () => ({ keys: [{ ...desk.pair.generated.publicJwk, alg: "ES256" }] })],
    ["a key for encryption", () => ({ keys: [{ ...desk.pair.generated.publicJwk, use: "enc" }] })],
    ["a key without a name", () => ({ keys: [{ ...desk.pair.generated.publicJwk, kid: undefined }] })],
    ["two keys of one name", () => ({ keys: [desk.pair.generated.publicJwk, desk.pair.generated.publicJwk] })],
    [
      "RFC 8725 3.4: a point off the curve",
      () => ({
        keys: [{ kty: "EC", crv: "P-256", alg: "ES256", use: "sig", kid: "k", x: "A".repeat(43), y: "A".repeat(43) }],
      }),
    ],
    ["more keys than anybody has", () => ({ keys: Array.from({ length: 65 }, () => ({})) })],
  ])("key set: %s", async (_what, document) => {
    server.answer(JWKS, document());
    await refused();
  });

  test("RFC 7517 5: a key that is not ours, or is none, stands in nobody's way", async () => {
    const later = { kty: "AKP", alg: "ML-DSA-65", kid: "later" };
    const offCurve = {
      kty: "EC",
      crv: "P-256",
      alg: "ES256",
      use: "sig",
      kid: "k",
      x: "A".repeat(43),
      y: "A".repeat(43),
    };
    server.answer(JWKS, { keys: [later, offCurve, desk.pair.generated.publicJwk] });
    expect((await verify(await desk.account())).subject.id).toBe("ann");
  });

  test.each([301, 302, 303, 307, 308])("corpus 10: a redirect (%i) is not followed", async (status) => {
    for (const path of [METADATA, JWKS]) {
      server.answerBy(
        path,
        (response) => void response.writeHead(status, { location: `${server.origin}/elsewhere` }).end(),
      );
      await refused();
    }
    server.answer("/elsewhere", { keys: [desk.pair.generated.publicJwk] });
    expect(server.visits).not.toContain("/elsewhere");
  });

  test.each([201, 204, 400, 500, 503])("a status of %i is no document", async (status) => {
    server.answerBy(JWKS, (response) => {
      response
        .writeHead(status)
        .end(status === 204 ? undefined : JSON.stringify({ keys: [desk.pair.generated.publicJwk] }));
    });
    await refused();
  });

  test("HTML from a proxy is no document", async () => {
    server.answerBy(JWKS, (response) => void response.end("<html>"));
    await refused();
  });

  test("RFC 8725 3.7: bytes that are not UTF-8 are no document", async () => {
    const text = JSON.stringify({ keys: [desk.pair.generated.publicJwk], note: "\u00ff" });
    server.answerBy(JWKS, (response) => void response.end(Buffer.from(text, "latin1")));
    await refused();
  });

  test("corpus 12: a document without end is not read to its end", async () => {
    let written = 0;
    const closed = Promise.withResolvers<void>();
    server.answerBy(JWKS, (response) => {
      const write = () => {
        written += 16_384;
        if (!response.destroyed) response.write(" ".repeat(16_384), () => setImmediate(write));
      };
      response.on("close", closed.resolve);
      write();
    });
    await refused();
    await closed.promise;
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  test("one that never comes, or never ends, is given up after 5 seconds", { timeout: 20_000 }, async () => {
    const silent = await startIssuerServer(ISSUER);
    silent.answerBy(METADATA, () => undefined);
    server.answerBy(JWKS, (response) => void response.write('{"keys":['));
    const { world } = desk;
    const verifiers = [server, silent].map(({ fetch }) =>
      createRemoteVerifier(ISSUER, { fetch, revocation: null, world }),
    );
    const token = await desk.account();
    const started = performance.now();
    const all = await Promise.allSettled(verifiers.map((verifier) => verifier.verify(token, AUDIENCE)));
    expect(all).toMatchObject([{ reason: { reason: "unavailable" } }, { reason: { reason: "unavailable" } }]);
    expect(performance.now() - started).toBeLessThan(10_000);
    await silent.close();
  });

  test("corpus 76: what went wrong is for the log, not for the caller", async () => {
    server.answerBy(JWKS, (response) => void response.writeHead(500).end("connect ECONNREFUSED 10.0.0.5"));
    const t = initTRPC.context<{ auth: Facts }>().create();
    const guard = createGuard(t, {
      issuer: ISSUER,
      audience: AUDIENCE,
      permissions: ["notes:read"],
      revocation: { mode: "until-expiry" },
      fetch: server.fetch,
      world: desk.world,
    });
    const router = guard.router({
      me: guard.signedIn.query(({ ctx }) => ctx.principal.id),
      open: guard.open("x").query(() => 1),
    });
    const answer = await send(router, "me", { token: await desk.account() });
    expect(refusalIn(answer)).toEqual({ reason: "unavailable", ran: false, status: 503 });
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.text).not.toMatch(/10\.0\.0\.5|500|issuer/);
    expect((await send(router, "open")).status).toBe(200);
  });
});

describe("a guard for an issuer elsewhere", () => {
  test("lets in whom that issuer vouches for, and forgets a token whose key is gone", async () => {
    const t = initTRPC.context<{ auth: Facts }>().create();
    const guard = createGuard(t, {
      issuer: ISSUER,
      audience: AUDIENCE,
      permissions: ["notes:read"],
      revocation: { mode: "until-expiry" },
      fetch: server.fetch,
      world: desk.world,
    });
    const router = guard.router({ me: guard.signedIn.query(({ ctx }) => ctx.principal.id) });
    const token = await desk.account({ expiresIn: 900 });
    expect((await send(router, "me", { token })).body.result?.data).toBe("ann");
    expect((await send(router, "me", { token: await (await createDesk()).account() })).status).toBe(401);
    const next = await makePair();
    server.answer(JWKS, { keys: [next.generated.publicJwk] });
    desk.pass(300);
    const fresh = await signAnything(
      honestHeader(next.signing),
      accountClaims({ exp: NOW / 1000 + 900 }),
      next.signing,
    );
    expect((await send(router, "me", { token: fresh })).body.result?.data).toBe("ann");
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("token_stale");
  });

  test("corpus 81: a flood of forged tokens costs the issuer one visit a cool-down", async () => {
    const thief = await makePair();
    const verifier = createVerifier();
    await verifier.verify(await desk.account(), AUDIENCE);
    const flood = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        signAnything({ ...honestHeader(thief.signing), kid: `${at}` }, accountClaims(), thief.signing),
      ),
    );
    for (let round = 0; round < 3; round += 1) {
      const all = await Promise.allSettled(flood.map((token) => verifier.verify(token, AUDIENCE)));
      expect(all.every((one) => one.status === "rejected")).toBe(true);
      desk.pass(30);
    }
    expect(server.visits.filter((path) => path === JWKS).length).toBeLessThanOrEqual(1 + 3);
  });
});
