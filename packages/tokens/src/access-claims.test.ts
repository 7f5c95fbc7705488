import { describe, expect, test } from "vitest";
import { verifyAccessToken } from "./access.ts";
import {
  AUDIENCE,
  accountClaims,
  expecting,
  honestHeader,
  ISSUER,
  makePair,
  NOW,
  type Part,
  SECOND,
  serviceClaims,
  signAnything,
} from "./testing/forge.ts";

// Every token here carries a signature of the real key: only the check of its claims can refuse it.

const { signing, verification } = await makePair();
const expected = expecting(verification);
const signed = (payload: Part) => signAnything(honestHeader(signing), payload, signing);
const verify = async (payload: Part) => verifyAccessToken(await signed(payload), expected);
const refused = async (payload: Part, reason = "token_invalid") =>
  expect(verify(payload)).rejects.toMatchObject({ name: "Refusal", reason });

/** A claim written as JSON text, because JavaScript cannot hold every number that JSON can. */
const raw = (name: string, value: string) =>
  JSON.stringify({ ...accountClaims(), [name]: "@" }).replace(`"${name}":"@"`, `"${name}":${value}`);

describe("server case 7, RFC 9068 2.2: every required claim", () => {
  const ofAccounts = Object.keys(accountClaims());
  const ofServices = Object.keys(serviceClaims());

  test.each(ofAccounts)("an account's token without %s is refused", async (name) => {
    await expect(verify(accountClaims())).resolves.toBeDefined();
    await refused({ ...accountClaims(), [name]: undefined });
  });

  test.each(ofServices)("a service's token without %s is refused", async (name) => {
    await expect(verify(serviceClaims())).resolves.toBeDefined();
    await refused({ ...serviceClaims(), [name]: undefined });
  });

  test.each(ofAccounts)("%s as null, object, list or truth is refused", async (name) => {
    for (const value of ["null", "{}", "[]", "true", '[["a"]]']) await refused(raw(name, value));
  });

  test.each(["iss", "sub", "aud", "jti", "client_id", "sid"])(
    "%s empty, numeric or without end is refused",
    async (name) => {
      for (const value of ['""', "1", JSON.stringify("x".repeat(256))]) await refused(raw(name, value));
    },
  );
});

describe("server case 7, ASVS 9.2.3, 9.2.4: issuer and audience", () => {
  test.each([
    ["a list that holds it", [AUDIENCE]],
    ["a list that holds it among others", ["https://other.example", AUDIENCE]],
    ["an empty list", []],
    ["another", "https://other.example"],
    ["one that begins alike", `${AUDIENCE}.evil.example`],
    ["one in another case", AUDIENCE.toUpperCase()],
    ["several in one text", `${AUDIENCE} https://other.example`],
  ])("corpus 13: as audience, %s is refused", async (_what, aud) => {
    await refused({ ...accountClaims(), aud });
  });

  test.each([
    ["a list that holds it", [ISSUER]],
    ["another", "https://evil.example"],
    ["one with a slash", `${ISSUER}/`],
    ["one that begins alike", `${ISSUER}.evil.example`],
  ])("RFC 8725 3.8: as issuer, %s is refused", async (_what, iss) => {
    await refused({ ...accountClaims(), iss });
  });
});

describe("corpus 85: times are whole seconds within reason", () => {
  const wrong: [string, string][] = [
    ["a float", `${SECOND + 10}.5`],
    ["a text", `"${SECOND + 10}"`],
    ["a date", '"2030-01-01T00:05:00Z"'],
    ["negative", "-1"],
    ["infinite", "1e999"],
    ["infinitely negative", "-1e999"],
    ["huge", "9007199254740993"],
    ["after the year 9999", "253402300800"],
  ];

  test.each(["exp", "iat", "auth_time"].flatMap((name) => wrong.map(([what, value]) => [name, what, value] as const)))(
    "%s %s is refused",
    async (name, _what, value) => {
      const error: unknown = await verify(raw(name, value)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "Refusal", reason: expect.stringMatching(/^token_(invalid|expired)$/) });
    },
  );

  test("milliseconds for seconds are refused", async () => {
    await refused({ ...accountClaims(), iat: NOW, exp: NOW + 300_000 });
    await refused({ ...accountClaims(), exp: NOW + 300_000 });
    await refused({ ...accountClaims(), iat: NOW });
  });

  test("a token of the future is refused, beyond the leeway", async () => {
    await expect(verify(accountClaims({ iat: SECOND + 30, exp: SECOND + 330 }))).resolves.toBeDefined();
    await refused(accountClaims({ iat: SECOND + 31, exp: SECOND + 331 }));
  });

  test("RFC 6750 5.2: a life of 15 minutes is accepted, one second more is not", async () => {
    await expect(verify(accountClaims({ iat: SECOND, exp: SECOND + 900 }))).resolves.toBeDefined();
    await refused(accountClaims({ iat: SECOND, exp: SECOND + 901 }));
    await refused(accountClaims({ iat: SECOND - 86_400, exp: SECOND + 300 }));
  });

  test("an end at or before the beginning is refused", async () => {
    await refused(accountClaims({ iat: SECOND + 20, exp: SECOND + 20 }));
    await refused(accountClaims({ iat: SECOND + 20, exp: SECOND + 10 }));
  });

  test("an old token has expired", async () => {
    await refused(accountClaims({ iat: SECOND - 330, exp: SECOND - 30 }), "token_expired");
  });

  test("ASVS 9.2.1: nbf is refused, ahead or behind: no token of ours has one", async () => {
    await refused({ ...accountClaims(), nbf: SECOND + 60 });
    await refused({ ...accountClaims(), nbf: SECOND - 60 });
  });
});

describe("the claims are exactly ours", () => {
  test.each(["admin", "roles", "email", "nonce", "azp", "act", "permissions", "constructor"])(
    "an unknown claim %s is refused",
    async (name) => {
      await refused({ ...accountClaims(), [name]: "x" });
      await refused({ ...serviceClaims(), [name]: "x" });
    },
  );

  test("corpus 60: a __proto__ among the claims is refused", async () => {
    await refused(JSON.stringify(accountClaims()).replace("{", '{"__proto__":{"admin":true},'));
  });

  test("corpus 60: a __proto__ deeper down is left out and pollutes nothing", async () => {
    const hostile = '"ext":{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true}}}';
    const { claims } = await verify(JSON.stringify(accountClaims()).replace("{", `{${hostile},`));
    expect(JSON.stringify("ext" in claims && claims.ext)).toBe('{"a":{}}');
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });

  test.each<[string, object]>([
    ["an acr that does not exist", { acr: "0fa" }],
    ["no method in amr", { amr: [] }],
    ["amr as a text", { amr: "pwd" }],
    ["an empty method", { amr: [""] }],
    ["a method that is a number", { amr: [1] }],
    ["methods without end", { amr: Array.from({ length: 9 }, () => "pwd") }],
    ["a negative version", { av: -1 }],
    ["a float version", { sv: 1.5 }],
    ["a version as a text", { sv: "2" }],
    ["a version beyond all integers", { av: 2 ** 53 }],
    ["a scope as a list", { scope: ["notes:read"] }],
    ["a scope that begins with a space", { scope: " notes:read" }],
    ["a scope that ends with a space", { scope: "notes:read " }],
    ["a scope with two spaces", { scope: "notes:read  notes:write" }],
    ["a scope with a tab", { scope: "notes:read\tnotes:write" }],
    ["a scope with a quote", { scope: 'notes:"read"' }],
    ["a scope with a backslash", { scope: "notes\\read" }],
    ["a scope beyond ASCII", { scope: "notes:lesené" }],
    ["an empty confirmation", { cnf: {} }],
    ["a thumbprint of another length", { cnf: { jkt: "short" } }],
    ["a thumbprint that is none", { cnf: { jkt: "!".repeat(43) } }],
    ["a confirmation of another kind", { cnf: { "x5t#S256": "k".repeat(43) } }],
    ["two confirmations", { cnf: { jkt: "k".repeat(43), kid: "x" } }],
    ["an empty organisation", { org: "" }],
    ["own claims that are a list", { ext: ["x"] }],
  ])("%s is refused", async (_what, change) => {
    await refused({ ...accountClaims(), ...change });
  });

  test("ASVS 8.3.3: a service's subject is its client", async () => {
    await refused(serviceClaims({ sub: "ann" }));
  });

  test.each(["sid", "sv", "acr", "auth_time", "amr", "org", "ext"] as const)(
    "RFC 8725 3.12: a service's token with %s is neither kind",
    async (name) => {
      const one = accountClaims({ org: "acme", ext: {} });
      await refused({ ...serviceClaims(), [name]: one[name] });
    },
  );
});
