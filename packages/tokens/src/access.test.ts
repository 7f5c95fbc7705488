import { decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { type Expectations, issueAccessToken, judgeTimes, verifyAccessToken } from "./access.ts";
import type { Claims } from "./claims.ts";
import { MAX_TOKEN_LENGTH } from "./compact.ts";
import {
  AUDIENCE,
  accountClaims,
  expecting,
  honestHeader,
  ISSUER,
  makePair,
  NOW,
  SECOND,
  serviceClaims,
  signAnything,
} from "./testing/forge.ts";

const ed25519 = await makePair("EdDSA");
const es256 = await makePair("ES256");
const { signing, verification } = ed25519;
const expected = expecting(verification, es256.verification);

describe("an access token", () => {
  test.each([
    ["EdDSA", "account", ed25519, accountClaims({ org: "acme", ext: { plan: "pro", seats: [1, 2.5, null] } })],
    ["EdDSA", "bound account", ed25519, accountClaims({ cnf: { jkt: "k".repeat(43) } })],
    ["EdDSA", "service", ed25519, serviceClaims({ scope: "" })],
    ["ES256", "account", es256, accountClaims({ acr: "2fa", amr: ["pwd", "otp"] })],
    ["ES256", "service", es256, serviceClaims({ cnf: { jkt: "k".repeat(43) } })],
  ])("comes back from verification as it was issued (%s, %s)", async (_alg, _kind, pair, claims) => {
    const token = await issueAccessToken(claims, pair.signing);
    expect(await verifyAccessToken(token, expected)).toEqual({ kid: pair.signing.kid, claims });
  });

  test("RFC 9068 2.1: says its type, its algorithm and its key, and nothing else", async () => {
    const token = await issueAccessToken(accountClaims(), signing);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "EdDSA", typ: "at+jwt", kid: signing.kid });
  });

  test("RFC 9068 4: the type may be written in full, and in any case", async () => {
    for (const typ of ["application/at+jwt", "AT+JWT"]) {
      const token = await signAnything({ ...honestHeader(signing), typ }, accountClaims(), signing);
      expect((await verifyAccessToken(token, expected)).claims.sub).toBe("ann");
    }
  });

  test("a key source may answer later", async () => {
    const token = await issueAccessToken(accountClaims(), signing);
    const slow = { ...expected, keys: async (kid: string) => expected.keys(kid) };
    expect((await verifyAccessToken(token, slow)).kid).toBe(signing.kid);
  });

  test("what a key source throws comes out unchanged", async () => {
    const token = await issueAccessToken(accountClaims(), signing);
    const failing = () => Promise.reject(new Error("no network"));
    await expect(verifyAccessToken(token, { ...expected, keys: failing })).rejects.toThrow("no network");
  });
});

describe("issuing refuses what no verifier would accept", () => {
  test.each([
    ["an unknown claim", { admin: true }],
    ["a missing subject", { sub: undefined }],
    ["a float time", { iat: SECOND + 0.5 }],
    ["an unknown acr", { acr: "3fa" }],
    ["a scope with two spaces", { scope: "a  b" }],
    ["a life above 15 minutes", { exp: SECOND + 901 }],
    ["no life at all", { exp: SECOND }],
    ["an end before the beginning", { exp: SECOND - 1 }],
  ])("%s", async (_what, change) => {
    const claims: object = { ...accountClaims(), ...change };
    await expect(issueAccessToken(claims as Claims, signing)).rejects.toThrow(TypeError);
  });

  test.each(["iss", "sub", "aud", "exp", "acr", "scope", "sid", "av", "nbf", "roles", "__proto__", "constructor"])(
    "corpus 35: an installation's own claim may not be called %s",
    async (name) => {
      const ext = Object.fromEntries([[name, "x"]]);
      await expect(issueAccessToken(accountClaims({ ext }), signing)).rejects.toThrow("reserved claim name");
    },
  );

  test("and nothing else: 15 minutes, and a key id of any length up to 255, are accepted", async () => {
    for (const kid of ["k", "k".repeat(255)]) {
      const token = await issueAccessToken(accountClaims({ exp: SECOND + 900 }), { ...signing, kid });
      expect((await verifyAccessToken(token, expecting({ ...verification, kid }))).kid).toBe(kid);
    }
  });

  test("a service whose subject is not its client", async () => {
    await expect(issueAccessToken(serviceClaims({ sub: "ann" }), signing)).rejects.toThrow(TypeError);
  });

  test("a token longer than verifiers read", async () => {
    const scope = "a".repeat(MAX_TOKEN_LENGTH - 1500);
    await expect(issueAccessToken(accountClaims({ scope }), signing)).rejects.toThrow("longer than verifiers read");
  });
});

describe("every expectation is stated", async () => {
  const token = await issueAccessToken(accountClaims(), signing);

  test.each<[string, object]>([
    ["no issuer", { issuer: undefined }],
    ["an empty issuer", { issuer: "" }],
    ["a list of issuers", { issuer: [ISSUER] }],
    ["no audience", { audience: undefined }],
    ["an empty audience", { audience: "" }],
    ["a list of audiences", { audience: [AUDIENCE] }],
    ["no keys", { keys: undefined }],
    ["no clock", { now: undefined }],
    ["a clock that is no number", { now: Number.NaN }],
    ["a clock at the end of time", { now: Number.POSITIVE_INFINITY }],
  ])("corpus 4, 7: %s is a programming error, not a check left out", async (_what, change) => {
    const incomplete: object = { ...expected, ...change };
    await expect(verifyAccessToken(token, incomplete as Expectations)).rejects.toThrow("an expectation is missing");
  });

  test.each<[string, Partial<Expectations>]>([
    ["another issuer", { issuer: "https://evil.example" }],
    ["the issuer with a slash", { issuer: `${ISSUER}/` }],
    ["the issuer in another case", { issuer: "https://ISSUER.example" }],
    ["another audience", { audience: "https://other.example" }],
    ["the audience with a slash", { audience: `${AUDIENCE}/` }],
    ["a prefix of the audience", { audience: "https://api" }],
  ])("ASVS 9.2.3: %s does not accept the token", async (_what, change) => {
    await expect(verifyAccessToken(token, { ...expected, ...change })).rejects.toMatchObject({
      reason: "token_invalid",
    });
  });
});

describe("the times of a token", () => {
  const claims = accountClaims({ iat: SECOND, exp: SECOND + 300 });
  const at = (seconds: number) => (SECOND + seconds) * 1000;

  test.each<[string, number, string | undefined]>([
    ["30 seconds before it was issued, a slow clock is forgiven", -30, undefined],
    ["31 seconds before it was issued, it is from the future", -31, "token_invalid"],
    ["in the middle of its life, it holds", 150, undefined],
    ["just before the leeway ends, it holds", 329.999, undefined],
    ["when the leeway ends, it has expired", 330, "token_expired"],
  ])("ASVS 9.2.1: %s", async (_what, seconds, reason) => {
    const judged = () => judgeTimes(claims, at(seconds));
    const verified = verifyAccessToken(await issueAccessToken(claims, signing), { ...expected, now: at(seconds) });
    if (reason === undefined) {
      expect(judged()).toBeUndefined();
      expect((await verified).claims).toEqual(claims);
    } else {
      expect(judged).toThrow(expect.objectContaining({ reason }));
      await expect(verified).rejects.toMatchObject({ reason });
    }
  });

  test.each([
    ["a life of more than 15 minutes", { exp: SECOND + 901 }],
    ["an end at the beginning", { exp: SECOND }],
    ["a clock that is no number", {}, Number.NaN],
  ])("corpus 85: %s is refused on later calls too", (_what, change, now = NOW) => {
    expect(() => judgeTimes({ ...claims, ...change }, now)).toThrow(
      expect.objectContaining({ reason: "token_invalid" }),
    );
  });

  test("a token that expired and was never ours is invalid, not expired", async () => {
    const stranger = await makePair();
    const forged = await signAnything(honestHeader(signing), accountClaims({ exp: SECOND - 100 }), stranger.signing);
    await expect(verifyAccessToken(forged, expected)).rejects.toMatchObject({ reason: "token_invalid" });
  });
});
