import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { type ForeignExpectations, verifyForeignToken } from "./foreign.ts";
import { foreignAlgorithms, importForeignKey } from "./foreign-keys.ts";
import { AUDIENCE, encode, ISSUER, NOW, SECOND, signAnything } from "./testing/forge.ts";

const kinds = await Promise.all(
  foreignAlgorithms.map(async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), alg, kid: `${alg}-key` };
    const key = await importForeignKey(jwk, foreignAlgorithms);
    if (!key) throw new Error("no key");
    return { alg, secret: pair.privateKey, key };
  }),
);
const ring = new Map(kinds.map(({ key }) => [key.kid, key]));
const expected: ForeignExpectations = {
  issuer: ISSUER,
  audience: AUDIENCE,
  typ: "at+jwt",
  algorithms: new Set(foreignAlgorithms),
  severalAudiences: false,
  maxLife: 3600,
  keys: (kid) => ring.get(kid),
  now: NOW,
};
const claims = {
  iss: ISSUER,
  sub: "ann",
  aud: AUDIENCE,
  exp: SECOND + 3600,
  iat: SECOND,
  jti: "1",
  client_id: "app",
  scope: "notes:read",
};
const lax = { ...expected, typ: "JWT" } as const;

async function sign(change: object = {}, header: object = {}, { alg, secret } = kinds[0] as (typeof kinds)[number]) {
  const head = { alg, typ: "at+jwt", kid: `${alg}-key`, ...header };
  const payload = JSON.parse(JSON.stringify({ ...claims, ...change }));
  return await new SignJWT(payload).setProtectedHeader(JSON.parse(JSON.stringify(head))).sign(secret);
}
const refused = (token: string, change: Partial<ForeignExpectations> = {}, reason = "token_invalid") =>
  expect(verifyForeignToken(token, { ...expected, ...change })).rejects.toMatchObject({ name: "Refusal", reason });

describe("an access token of another issuer", () => {
  test.each(kinds.map((kind) => [kind.alg, kind] as const))("RFC 9068 2.1: signed with %s", async (_alg, kind) => {
    const token = await sign({ custom: { deep: [1] } }, {}, kind);
    expect(await verifyForeignToken(token, expected)).toEqual({
      kid: kind.key.kid,
      claims: { ...claims, custom: { deep: [1] } },
    });
    await refused(token, { algorithms: new Set(foreignAlgorithms.filter((alg) => alg !== kind.alg)) });
  });

  test("says more in its header than we look at, and none of it is followed", async () => {
    const token = await sign({}, { x5t: "AAAA", jku: "https://evil.example/keys" });
    expect((await verifyForeignToken(token, expected)).claims.sub).toBe("ann");
    await refused(await sign({}, { kid: "other", jwk: { kty: "oct", k: "c2VjcmV0" } }), {}, "unknown_key");
  });

  test("is for several audiences where that is stated", async () => {
    const token = await sign({ aud: ["https://other.example", AUDIENCE] });
    await refused(token);
    expect((await verifyForeignToken(token, { ...expected, severalAudiences: true })).claims.sub).toBe("ann");
    await refused(await sign({ aud: ["https://other.example"] }), { severalAudiences: true });
    await refused(await sign({ aud: [] }), { severalAudiences: true });
  });

  test("has another type, or none, where that is stated", async () => {
    const [jwt, none] = [await sign({}, { typ: "JWT" }), await sign({}, { typ: undefined })];
    await refused(jwt);
    await refused(none);
    await refused(none, { typ: "JWT" });
    await refused(jwt, { typ: null });
    await refused(await sign(), { typ: "JWT" });
    expect((await verifyForeignToken(jwt, lax)).claims.sub).toBe("ann");
    expect((await verifyForeignToken(none, { ...expected, typ: null })).claims.sub).toBe("ann");
  });

  test.each(["iss", "sub", "aud", "exp", "iat", "jti", "client_id"])("RFC 9068 2.2: needs %s", async (name) => {
    await refused(await sign({ [name]: undefined }));
  });

  test.each(["iss", "sub", "aud", "exp", "iat"])("of a less strict issuer needs %s all the same", async (name) => {
    await refused(await sign({ [name]: undefined }, { typ: "JWT" }), lax);
  });

  test("of a less strict issuer may lack what tells no kind", async () => {
    const token = await sign({ jti: undefined, client_id: undefined }, { typ: "JWT" });
    expect((await verifyForeignToken(token, lax)).claims.sub).toBe("ann");
  });
});

describe("RFC 8725 3.12: other kinds of token, where the type does not tell", () => {
  test.each<[string, object]>([
    ["an ID token's nonce", { nonce: "n" }],
    ["an ID token's at_hash", { at_hash: "h" }],
    ["an ID token's c_hash", { c_hash: "h" }],
    ["RFC 9068 5: an ID token for its client, client_id", { aud: AUDIENCE, client_id: AUDIENCE }],
    ["RFC 9068 5: an ID token for its client, azp", { azp: AUDIENCE }],
    ["a logout token", { events: {} }],
    ["Cognito's ID token", { token_use: "id" }],
    ["Keycloak's ID token", { typ: "ID" }],
    ["Keycloak's refresh token", { typ: "Refresh" }],
  ])("%s is refused", async (_what, change) => {
    await refused(await sign(change, { typ: "JWT" }), lax);
    await refused(await sign(change, { typ: undefined }), { typ: null });
  });

  test("an access token by its own word is accepted", async () => {
    const token = await sign({ token_use: "access", typ: "Bearer" }, { typ: "JWT" });
    expect((await verifyForeignToken(token, lax)).claims.sub).toBe("ann");
  });
});

describe("ASVS 9.1.1, 9.1.2: what is never accepted", () => {
  test.each<[string, object, object]>([
    ["corpus 5: alg none", {}, { alg: "none" }],
    ["corpus 1: alg HS256", {}, { alg: "HS256" }],
    ["an algorithm of another key", {}, { alg: "ES256" }],
    ["corpus 14: crit", {}, { crit: ["exp"] }],
    ["corpus 8: kid a list", {}, { kid: ["RS256-key"] }],
    ["no kid", {}, { kid: undefined }],
  ])("%s", async (_what, change, header) => {
    const [, payload = "", signature = ""] = (await sign(change)).split(".");
    const head = JSON.parse(JSON.stringify({ alg: "RS256", typ: "at+jwt", kid: "RS256-key", ...header }));
    await refused(`${encode(head)}.${payload}.${signature}`);
  });

  test.each<[string, object]>([
    ["another issuer", { iss: "https://evil.example" }],
    ["corpus 13: an issuer that ours begins", { iss: `${ISSUER}.evil.example` }],
    ["corpus 13: an audience that ours begins", { aud: `${AUDIENCE}.evil.example` }],
    ["corpus 13: an audience that is a pattern", { aud: "https://*.example" }],
    ["corpus 85: an end in milliseconds", { exp: (SECOND + 300) * 1000 }],
    ["corpus 85: an end that is a fraction", { exp: SECOND + 300.5 }],
    ["issued in the future", { iat: SECOND + 60 }],
    ["ASVS 9.2.1: nbf ahead", { nbf: SECOND + 60 }],
    ["a life longer than stated", { iat: SECOND - 1, exp: SECOND + 3600 }],
    ["a subject that is an object", { sub: { id: "ann" } }],
    ["an amr that is a text", { amr: "pwd" }],
    ["a cnf that is a text", { cnf: "k" }],
  ])("%s", async (_what, change) => {
    await refused(await sign(change));
  });

  test("ASVS 9.2.1: what is over", async () => {
    await refused(await sign({ iat: SECOND - 600, exp: SECOND - 30 }), {}, "token_expired");
  });

  test("corpus 60: a claim __proto__", async () => {
    const ed = kinds.find(({ alg }) => alg === "EdDSA") as (typeof kinds)[number];
    const payload = JSON.stringify(claims).replace("{", '{"__proto__":{"scope":"notes:write"},');
    const header = { alg: "EdDSA", typ: "at+jwt", kid: "EdDSA-key" };
    await refused(await signAnything(header, payload, { kid: "EdDSA-key", alg: "EdDSA", key: ed.secret }));
  });
});

describe("every expectation is stated, of another issuer too", () => {
  test.each<[string, object]>([
    ["no issuer", { issuer: "" }],
    ["no audience", { audience: undefined }],
    ["no type", { typ: undefined }],
    ["no algorithm", { algorithms: new Set() }],
    ["no algorithms", { algorithms: undefined }],
    ["no word on audiences", { severalAudiences: undefined }],
    ["no longest life", { maxLife: undefined }],
    ["no keys", { keys: undefined }],
    ["no clock", { now: undefined }],
  ])("corpus 4, 7: %s is a programming error, not a check left out", async (_what, change) => {
    const incomplete: object = { ...expected, ...change };
    await expect(verifyForeignToken(await sign(), incomplete as ForeignExpectations)).rejects.toThrow(
      "an expectation is missing",
    );
  });
});
