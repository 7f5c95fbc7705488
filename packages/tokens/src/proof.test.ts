import { base64url } from "jose";
import { describe, expect, test } from "vitest";
import { LEEWAY_S } from "./claims.ts";
import { accessTokenHash, createProofVerifier, PROOF_AGE_S, PROOF_AHEAD_S, type ProofExpectations } from "./proof.ts";
import { createProofNonces } from "./proof-nonces.ts";
import { createReplayMemory } from "./replays.ts";
import { encode, NOW, SECOND } from "./testing/forge.ts";
import { createProver, type Proving } from "./testing/prover.ts";

const URL_OF_CALL = "https://api.example/trpc/notes.list";
const nonces = createProofNonces(new Uint8Array(32).fill(7));
const at = (now: number, nonceRequired = false) => createProofVerifier({ nonces, nonceRequired, now: () => now });
const verify = at(NOW);
const expected: ProofExpectations = { method: "GET", url: URL_OF_CALL, ath: null, jkt: null };
const ann = await createProver();
const prove = (change: Partial<Proving> = {}) => ann.prove({ url: URL_OF_CALL, ...change });

const refused = async (proof: string | Promise<string>, reason = "proof_invalid", change: object = {}) =>
  await expect(verify(await proof, { ...expected, ...change })).rejects.toMatchObject({ name: "Refusal", reason });

describe("a proof", () => {
  test("RFC 9449 4.3: says whose key signed it, and what to remember of it until when", async () => {
    const proof = await verify(await prove({ claims: { jti: "one", other: [1] } }), expected);
    const until = (SECOND + PROOF_AGE_S + LEEWAY_S) * 1000;
    expect(proof).toEqual({ jkt: ann.jkt, replayKey: `${ann.jkt}.one`, until });
  });

  test("holds again when its key is known already", async () => {
    for (const jti of ["one", "two"]) {
      expect((await verify(await prove({ claims: { jti } }), expected)).replayKey).toBe(`${ann.jkt}.${jti}`);
    }
  });

  test("RFC 9449 4.3: names the hash of the token that it comes with", async () => {
    const ath = await accessTokenHash("token");
    const proof = prove({ token: "token" });
    expect((await verify(await proof, { ...expected, ath })).jkt).toBe(ann.jkt);
    await refused(proof);
    await refused(prove(), "proof_invalid", { ath });
    await refused(prove({ token: "another token" }), "proof_invalid", { ath });
  });

  test("RFC 9449 4.3: of another key than the one that is expected is refused", async () => {
    expect((await verify(await prove(), { ...expected, jkt: ann.jkt })).jkt).toBe(ann.jkt);
    await refused(prove(), "key_mismatch", { jkt: (await createProver()).jkt });
  });
});

describe("RFC 9449 4.2, 4.3: a proof of another shape is refused:", () => {
  test.each<[string, Partial<Proving>]>([
    ["without a type", { header: { typ: undefined } }],
    ["of type JWT", { header: { typ: "JWT" } }],
    ["of type at+jwt", { header: { typ: "at+jwt" } }],
    ["without a key", { header: { jwk: undefined } }],
    ["with a key id", { header: { kid: "one" } }],
    ["with a key to fetch", { header: { jku: "https://evil.example/keys" } }],
    ["with certificates", { header: { x5c: ["AAAA"] } }],
    ["with a critical member", { header: { crit: ["exp"], exp: 1 } }],
    ["with its private key", { header: { jwk: ann.privateJwk } }],
    ["with a key that says more", { header: { jwk: { ...ann.jwk, kid: "one" } } }],
    ["with a symmetric key", { header: { jwk: { kty: "oct", k: "c2VjcmV0" } } }],
    ["with an RSA key", { header: { jwk: { kty: "RSA", n: "AAAA", e: "AQAB" } } }],
    ["with a key of another curve", { header: { jwk: { ...ann.jwk, crv: "P-384" } } }],
    ["with a point that is not on the curve", { header: { jwk: { ...ann.jwk, y: "A".repeat(43) } } }],
    ["with a coordinate cut short", { header: { jwk: { ...ann.jwk, x: "AA" } } }],
    ["without jti", { claims: { jti: undefined } }],
    ["corpus 18: with a jti that is no text", { claims: { jti: 1 } }],
    ["with an empty jti", { claims: { jti: "" } }],
    ["with a jti too long to remember", { claims: { jti: "j".repeat(129) } }],
    ["without htm", { claims: { htm: undefined } }],
    ["without htu", { claims: { htu: undefined } }],
    ["corpus 18: with an htu that is no text", { claims: { htu: { href: URL_OF_CALL } } }],
    ["without iat", { claims: { iat: undefined } }],
    ["corpus 85: with an iat in text", { claims: { iat: `${SECOND}` } }],
    ["with a nonce that is no text", { claims: { nonce: 1 } }],
    ["longer than any", { claims: { pad: "x".repeat(5000) } }],
  ])("%s", async (_what, change) => {
    await refused(prove(change));
  });

  test.each(["", "a", "a.b.c", "..", "a.b.c.d", "é.é.é"])("no JWT at all: %j", async (text) => {
    await refused(text);
  });

  test("corpus 18: two proofs that somebody joined to one", async () => {
    await refused(`${await prove()}, ${await prove()}`);
  });

  test("alg none, and an HMAC keyed with the public key", async () => {
    const [, payload = ""] = (await prove()).split(".");
    await refused(`${encode({ typ: "dpop+jwt", alg: "none", jwk: ann.jwk })}.${payload}.AAAA`);
    const head = encode({ typ: "dpop+jwt", alg: "HS256", jwk: ann.jwk });
    const secret = new TextEncoder().encode(JSON.stringify(ann.jwk));
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
    const code = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${head}.${payload}`));
    await refused(`${head}.${payload}.${base64url.encode(new Uint8Array(code))}`);
  });

  test("another key's signature, and a signature of zeros", async () => {
    const [header = "", payload = ""] = (await prove()).split(".");
    const [, , theirs = ""] = (await (await createProver()).prove({ url: URL_OF_CALL })).split(".");
    await refused(`${header}.${payload}.${theirs}`);
    await refused(`${header}.${payload}.${base64url.encode(new Uint8Array(64))}`);
  });

  test("a claim that stands twice", async () => {
    const claims = `{"jti":"a","htm":"GET","htu":"${URL_OF_CALL}","iat":${SECOND}}`;
    const header = { typ: "dpop+jwt", alg: "ES256", jwk: ann.jwk };
    expect((await verify(await ann.sign(header, claims), expected)).replayKey).toBe(`${ann.jkt}.a`);
    await refused(ann.sign(header, claims.replace("{", '{"jti":"b",')));
  });
});

describe("RFC 9449 4.3: the request that a proof is for", () => {
  test.each(["POST", "get", "", "HEAD"])("has the very method: not %j", async (htm) => {
    await refused(prove({ method: htm }));
  });

  test.each([
    "https://api.example/trpc/notes.list?batch=1",
    "https://api.example/trpc/notes.list#x",
    "HTTPS://API.example/trpc/notes.list",
    "https://api.example:443/trpc/notes.list",
    "https://api.example/trpc/notes%2Elist",
    "https://api.example/trpc/./notes.list",
  ])("is named in another spelling by %s", async (htu) => {
    expect((await verify(await prove({ url: htu }), expected)).jkt).toBe(ann.jkt);
  });

  test.each([
    "http://api.example/trpc/notes.list",
    "https://api.example:8443/trpc/notes.list",
    "https://api.example/trpc/notes.list/",
    "https://api.example/trpc/Notes.list",
    "https://api.example/trpc/notes.list,notes.drop",
    "https://api.example/trpc/notes%252Elist",
    "https://api.example/",
    "https://api.example.evil.example/trpc/notes.list",
    "https://ann@api.example/trpc/notes.list",
    "https:\\\\api.example/trpc/notes.list",
    "https://api.example/trpc/notes\t.list",
    "/trpc/notes.list",
    "notes.list",
    "",
  ])("is another one by %j", async (htu) => {
    await refused(prove({ url: htu }));
  });
});

describe("RFC 9449 11.1: the time of a proof", () => {
  test.each([
    [-PROOF_AGE_S, true],
    [-PROOF_AGE_S - 1, false],
    [PROOF_AHEAD_S, true],
    [PROOF_AHEAD_S + 1, false],
  ])("server case 13: %i seconds from ours: %s", async (seconds, isGood) => {
    const proof = prove({ now: NOW + seconds * 1000 });
    if (isGood) expect((await verify(await proof, expected)).jkt).toBe(ann.jkt);
    else await refused(proof, "use_dpop_nonce");
  });

  test.each([
    [{ exp: SECOND - LEEWAY_S }, false],
    [{ exp: SECOND - LEEWAY_S + 1 }, true],
    [{ nbf: SECOND + LEEWAY_S + 1 }, false],
    [{ nbf: SECOND + LEEWAY_S }, true],
    [{ exp: `${SECOND + 60}` }, false],
  ])("where it says itself when it holds, that is kept to: %j: %s", async (claims, isGood) => {
    const proof = prove({ claims });
    if (isGood) expect((await verify(await proof, expected)).jkt).toBe(ann.jkt);
    else await refused(proof);
  });

  test("corpus 19: it is to be remembered until it is worth nothing, even where its maker's clock is ahead", async () => {
    const proof = await prove({ now: NOW + PROOF_AHEAD_S * 1000 });
    const { until } = await verify(proof, expected);
    const end = until - LEEWAY_S * 1000;
    expect((await at(end)(proof, expected)).until).toBe(until);
    await expect(at(end + 1000)(proof, expected)).rejects.toMatchObject({ reason: "use_dpop_nonce" });
  });

  test.each([0, 1000, 9000])(
    "corpus 19: used, it is none any more while it holds, to its last moment",
    async (into) => {
      let now = NOW + into;
      const world = { nonces, nonceRequired: false, now: () => now };
      const [verify, { add }] = [createProofVerifier(world), createReplayMemory({ ...world, capacity: 10 })];
      const proof = await prove({ now });
      const used = async () => {
        const { replayKey, until } = await verify(proof, expected);
        return !(await add(replayKey, until));
      };
      expect(await used()).toBe(false);
      now += PROOF_AGE_S * 1000;
      expect(await used()).toBe(true);
      now += 1;
      await expect(used()).rejects.toMatchObject({ reason: "use_dpop_nonce" });
    },
  );
});

describe("RFC 9449 8, 9: a nonce", () => {
  test("comes with the refusal of a proof out of time, and does instead of a clock that goes right", async () => {
    const wrong = { now: NOW - 3_600_000 };
    const refusal = await verify(await prove(wrong), expected).catch((cause: unknown) => cause);
    expect(refusal).toMatchObject({ reason: "use_dpop_nonce", nonce: await nonces.current(NOW) });
    const { nonce = "" } = refusal as { nonce?: string };
    const { until } = await verify(await prove({ ...wrong, nonce }), expected);
    expect(until).toBe(((await nonces.goodUntil(nonce, NOW)) ?? 0) + LEEWAY_S * 1000);
  });

  test("is demanded where it is required", async () => {
    const strict = at(NOW, true);
    await expect(strict(await prove(), expected)).rejects.toMatchObject({ reason: "use_dpop_nonce" });
    const nonce = await nonces.current(NOW);
    expect((await strict(await prove({ nonce }), expected)).jkt).toBe(ann.jkt);
  });

  test("server case 13: that is old, made up, or of another installation is refused, in time or not", async () => {
    const others = createProofNonces(new Uint8Array(32).fill(8));
    const old = await nonces.current(NOW - 600_000);
    for (const nonce of [old, "made-up", "", await others.current(NOW), await nonces.current(NOW + 600_000)]) {
      await refused(prove({ nonce }), "use_dpop_nonce");
    }
  });

  test("is good from the moment that it is handed out for two minutes at least, and never for more than four", async () => {
    for (const start of [NOW, NOW + 119_999]) {
      const nonce = await nonces.current(start);
      const until = (await nonces.goodUntil(nonce, start)) ?? 0;
      expect(until - start).toBeGreaterThanOrEqual(120_000);
      expect(until - start).toBeLessThanOrEqual(240_000);
      expect(await nonces.goodUntil(nonce, until - 1)).toBe(until);
      expect(await nonces.goodUntil(nonce, until)).toBeUndefined();
    }
  });

  test("needs a secret", () => {
    expect(() => createProofNonces(new Uint8Array(31))).toThrow("at least 32 bytes");
    expect(() => createProofNonces("s".repeat(32) as never)).toThrow("at least 32 bytes");
  });
});
