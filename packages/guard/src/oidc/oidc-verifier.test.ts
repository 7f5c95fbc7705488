import { initTRPC } from "@trpc/server";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AUDIENCE, ISSUER, NOW, SECOND } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { type IssuerServer, METADATA, startIssuerServer } from "../test-support/issuer-server.ts";
import { refusalIn, send } from "../test-support/send.ts";
import type { OidcOptions } from "./oidc-options.ts";
import { oidcVerifier } from "./oidc-verifier.ts";

const OPENID = "/.well-known/openid-configuration";
const JWKS = "/keys";
const t = initTRPC.context<{ auth: Facts }>().create();
const pair = await generateKeyPair("RS256", { extractable: true });
const jwk = { ...(await exportJWK(pair.publicKey)), kid: "key-1" };
const ours = { iss: ISSUER, sub: "ann", aud: AUDIENCE, exp: SECOND + 900, iat: SECOND, jti: "1", client_id: "app" };
const sign = (changes: object = {}, header: object = {}) =>
  new SignJWT({ ...ours, ...changes })
    .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "key-1", ...header })
    .sign(pair.privateKey);

let now = NOW;
let server: IssuerServer;
beforeEach(async () => {
  now = NOW;
  server = await startIssuerServer(ISSUER);
  server.answer(OPENID, { issuer: ISSUER, jwks_uri: `${ISSUER}${JWKS}` });
  server.answer(JWKS, { keys: [jwk] });
});
afterEach(() => server.close());

const world = { now: () => now, random: (bytes: number) => new Uint8Array(bytes) };
const settings = (changes: Partial<OidcOptions> = {}): OidcOptions => ({
  issuer: ISSUER,
  audience: AUDIENCE,
  permissions: "scope",
  isService: "sub-is-client",
  revocation: { mode: "until-expiry" },
  fetch: server.fetch,
  world,
  ...changes,
});
const subject = async (claims: object = {}, changes: Partial<OidcOptions> = {}) => {
  const { audience = AUDIENCE } = changes;
  return (await oidcVerifier(settings(changes)).verify(await sign(claims), audience)).subject;
};

describe("where another issuer's keys are found", () => {
  test("by OpenID Connect Discovery, and then no more", async () => {
    const verifier = oidcVerifier(settings());
    await Promise.all(Array.from({ length: 20 }, async () => verifier.verify(await sign(), AUDIENCE)));
    expect(server.visits).toEqual([OPENID, JWKS]);
  });

  const places = [`/tenant${OPENID}`, `${METADATA}/tenant`, `${OPENID}/tenant`];
  test.each(places)("RFC 8414 3, 5: an issuer with a path may have its metadata at %s", async (place) => {
    for (const issuer of [`${ISSUER}/tenant`, `${ISSUER}/tenant/`]) {
      server.visits.length = 0;
      server.answer(place, { issuer, jwks_uri: `${ISSUER}${JWKS}` });
      expect((await subject({ iss: issuer }, { issuer })).id).toBe("ann");
      expect(server.visits).toEqual([...places.slice(0, places.indexOf(place) + 1), JWKS]);
    }
  });

  test("an issuer whose identifier ends with a slash is that issuer, and not the one without", async () => {
    const issuer = `${ISSUER}/`;
    await expect(subject({ iss: issuer }, { issuer })).rejects.toMatchObject({ reason: "unavailable" });
    server.answer(OPENID, { issuer, jwks_uri: `${ISSUER}${JWKS}` });
    expect((await subject({ iss: issuer }, { issuer })).id).toBe("ann");
    await expect(subject({}, { issuer })).rejects.toMatchObject({ reason: "token_invalid" });
  });

  test("where the settings say, and then nothing else is asked", async () => {
    expect((await subject({}, { jwksUri: `${ISSUER}${JWKS}` })).id).toBe("ann");
    expect(server.visits).toEqual([JWKS]);
  });

  test.each<[string, unknown]>([
    ["RFC 8414 3.3: another issuer's metadata", { issuer: "https://evil.example", jwks_uri: `${ISSUER}${JWKS}` }],
    ["keys on another host", { issuer: ISSUER, jwks_uri: "https://evil.example/keys" }],
    ["keys inside the network", { issuer: ISSUER, jwks_uri: "http://169.254.169.254/keys" }],
    ["keys without TLS", { issuer: ISSUER, jwks_uri: "http://issuer.example/keys" }],
  ])("corpus 10: %s is not believed, and nobody else is asked", async (_what, document) => {
    server.answer(OPENID, document);
    await expect(subject()).rejects.toMatchObject({ reason: "unavailable", retryAfter: 1 });
    expect(server.asked).toEqual([`${ISSUER}${OPENID}`]);
  });

  test.each([301, 302, 307, 308])("corpus 10: a redirect (%i) is not followed", async (status) => {
    const location = `${server.origin}/elsewhere`;
    server.answer("/elsewhere", { keys: [jwk] });
    server.answerBy(JWKS, (response) => void response.writeHead(status, { location }).end());
    await expect(subject()).rejects.toMatchObject({ reason: "unavailable" });
    server.answerBy(OPENID, (response) => void response.writeHead(status, { location }).end());
    await expect(subject()).rejects.toMatchObject({ reason: "unavailable" });
    expect(server.visits).not.toContain("/elsewhere");
  });

  test("a place that cannot be reached ends the search", async () => {
    const asked: string[] = [];
    const fetch = (url: string) => {
      asked.push(url);
      return Promise.reject(new Error("ECONNREFUSED"));
    };
    await expect(subject({}, { fetch })).rejects.toMatchObject({ reason: "unavailable" });
    expect(asked).toEqual([`${ISSUER}${OPENID}`]);
  });

  test("corpus 81: a flood of unknown keys costs the issuer one visit a cool-down", async () => {
    const verifier = oidcVerifier(settings());
    await verifier.verify(await sign(), AUDIENCE);
    const flood = await Promise.all(Array.from({ length: 100 }, (_, at) => sign({}, { kid: `other-${at}` })));
    for (let round = 0; round < 3; round += 1) {
      const all = await Promise.allSettled(flood.map((token) => verifier.verify(token, AUDIENCE)));
      expect(all.every((one) => one.status === "rejected")).toBe(true);
      now += 30_000;
    }
    expect(server.visits.filter((path) => path === JWKS).length).toBeLessThanOrEqual(1 + 3);
  });

  test("server case 6: with the issuer down, known keys go on", async () => {
    const verifier = oidcVerifier(settings());
    const token = await verifier.verify(await sign(), AUDIENCE);
    server.answerBy(JWKS, (response) => void response.writeHead(503).end());
    now += 300_000;
    expect((await verifier.verify(await sign(), AUDIENCE)).subject.id).toBe("ann");
    expect(() => verifier.judge(token)).not.toThrow();
  });

  test("server case 6: a key that is gone takes its tokens along", async () => {
    const verifier = oidcVerifier(settings());
    const token = await verifier.verify(await sign(), AUDIENCE);
    server.answer(JWKS, { keys: [{ ...jwk, kid: "key-2" }] });
    now += 300_000;
    await expect(verifier.verify(await sign(), AUDIENCE)).rejects.toMatchObject({ reason: "unknown_key" });
    expect(() => verifier.judge(token)).toThrow(expect.objectContaining({ reason: "token_stale" }));
    expect((await verifier.verify(await sign({}, { kid: "key-2" }), AUDIENCE)).subject.id).toBe("ann");
  });
});

describe("what another issuer's token means here", () => {
  test("nothing is assumed that it does not say", async () => {
    expect(await subject()).toEqual({
      kind: "account",
      id: "ann",
      client: "app",
      permissions: [],
      session: null,
      org: null,
      authTime: null,
      amr: [],
      acr: "1fa",
      claims: ours,
    });
  });

  test("what it says is known", async () => {
    const said = { sid: "s", auth_time: SECOND - 9, amr: ["pwd", "mfa"], acr: "2fa", org_id: "acme", cid: "web" };
    const twoFactor: OidcOptions["twoFactor"] = ({ amr }) => amr?.includes("mfa") ?? false;
    const rules = { org: "org_id", client: "cid", twoFactor };
    expect(await subject(said, rules)).toMatchObject({
      session: "s",
      authTime: SECOND - 9,
      amr: ["pwd", "mfa"],
      acr: "2fa",
      org: "acme",
      client: "web",
    });
    // A word of the issuer's own is no second factor.
    expect(await subject(said)).toMatchObject({ acr: "1fa", org: null, client: "app" });
  });

  test.each<[string, object, OidcOptions["permissions"], string[]]>([
    ["a text with spaces between", { scope: "notes:read  notes:write " }, "scope", ["notes:read", "notes:write"]],
    ["a list", { permissions: ["notes:read"] }, "permissions", ["notes:read"]],
    ["nothing, where the claim is missing", {}, "permissions", []],
    ["nothing, where the claim has a prototype's name", {}, "constructor", []],
    [
      "what a function makes of it",
      { realm_access: { roles: ["editor"] } },
      ({ realm_access: access }) => ((access as { roles: string[] }).roles.includes("editor") ? ["notes:write"] : []),
      ["notes:write"],
    ],
  ])("its permissions are %s", async (_what, claims, permissions, expected) => {
    expect((await subject(claims, { permissions })).permissions).toEqual(expected);
  });

  test("a service's token has its client for a subject, or is told as the settings say", async () => {
    expect(await subject({ sub: "app" })).toEqual({ kind: "service", id: "app", client: "app", permissions: [] });
    expect((await subject({ sub: "job", azp: "job" }, { client: "azp" })).kind).toBe("service");
    expect((await subject({ azp: "web" }, { client: "azp" })).kind).toBe("account");
    const isService: OidcOptions["isService"] = (claims) => claims["gty"] === "client-credentials";
    expect((await subject({ gty: "client-credentials" }, { isService })).kind).toBe("service");
    expect((await subject({ sub: "app" }, { isService })).kind).toBe("account");
  });

  test.each<[string, object, Partial<OidcOptions>]>([
    ["permissions that are an object", { scope: {} }, {}],
    ["permissions that are numbers", { scope: [1] }, {}],
    ["a client that is a number", { cid: 1 }, { client: "cid" }],
    ["no client", {}, { client: "cid" }],
    ["an organisation that is a list", { org: ["acme"] }, { org: "org" }],
  ])("%s: refused", async (_what, claims, changes) => {
    await expect(subject(claims, changes)).rejects.toMatchObject({ reason: "token_invalid" });
  });

  test.each<[string, Partial<OidcOptions>]>([
    ["permissions that are no list", { permissions: (() => ({})) as never }],
    ["no client", { client: (() => undefined) as never }],
    ["an organisation that is none", { org: (() => 7) as never }],
    ["neither that it is a service nor that it is none", { isService: (() => undefined) as never }],
  ])("a function that answers %s is a mistake, and refuses", async (_what, changes) => {
    await expect(subject({}, changes)).rejects.toThrow(TypeError);
  });

  test("RFC 9449 7.2: a token that is bound to a key is refused, however it is bound", async () => {
    const guard = createGuard(t, { issuer: oidcVerifier(settings()), permissions: ["a:b"], world });
    const router = guard.router({ me: guard.signedIn.query(() => "ran") });
    for (const cnf of [{ jkt: "k".repeat(43) }, { "x5t#S256": "k".repeat(43) }, {}]) {
      const answer = await send(router, "me", { token: await sign({ cnf }) });
      expect(refusalIn(answer)).toEqual({ reason: "key_mismatch", ran: false, status: 401 });
    }
  });
});

describe("verifiers of one issuer share nothing", () => {
  test("corpus 11, 12: what one audience accepts, another does not, whoever was asked first", async () => {
    const audiences = ["https://a.example", "https://b.example"];
    const routers = audiences.map((audience) => {
      const issuer = oidcVerifier(settings({ audience }));
      const guard = createGuard(t, { issuer, permissions: ["a:b"], world });
      return guard.router({ me: guard.signedIn.query(() => "ran") });
    });
    const tokens = await Promise.all(audiences.map((aud) => sign({ aud })));
    for (const at of [0, 1, 0]) {
      for (const [other, router] of routers.entries()) {
        const answer = await send(router, "me", { token: tokens[at] ?? "" });
        expect(answer.status).toBe(other === at ? 200 : 401);
      }
    }
  });

  test("corpus 12: options differ, and so do the answers", async () => {
    const token = await sign({ aud: [AUDIENCE, "https://other.example"] });
    const strict = oidcVerifier(settings());
    const lax = oidcVerifier(settings({ severalAudiences: true }));
    for (let round = 0; round < 2; round += 1) {
      expect((await lax.verify(token, AUDIENCE)).audience).toBe(AUDIENCE);
      await expect(strict.verify(token, AUDIENCE)).rejects.toMatchObject({ reason: "token_invalid" });
    }
  });

  test("a verifier is asked about its own audience alone", async () => {
    const verifier = oidcVerifier(settings());
    await expect(verifier.verify(await sign(), "https://other.example")).rejects.toThrow(TypeError);
    const options = { issuer: verifier, permissions: ["a:b"], audience: "https://other.example" } as const;
    expect(() => createGuard(t, options)).toThrow("audience: the verifier that was given is for another one");
  });

  test("an audience need not be a URL: it is what the issuer calls this API", async () => {
    const audience = "api://notes";
    const issuer = oidcVerifier(settings({ audience }));
    const guard = createGuard(t, { issuer, permissions: ["a:b"], world });
    const router = guard.router({ me: guard.signedIn.query(() => "ran") });
    expect((await send(router, "me", { token: await sign({ aud: audience }) })).status).toBe(200);
  });

  test("a sign-in that an issuer dates in milliseconds is not taken for a fresh one", async () => {
    const guard = createGuard(t, { issuer: oidcVerifier(settings()), audience: AUDIENCE, permissions: ["a:b"], world });
    const router = guard.router({ purge: guard.signedIn({ within: 60 }).query(() => "purged") });
    const purge = async (auth_time: number) => await send(router, "purge", { token: await sign({ auth_time }) });
    expect((await purge(SECOND - 9)).status).toBe(200);
    const { data } = (await purge((SECOND - 9) * 1000)).body.error ?? {};
    expect(data).toMatchObject({ reason: "step_up_required", ran: false });
  });

  test("a token is judged on every call", async () => {
    const verifier = oidcVerifier(settings());
    const token = await verifier.verify(await sign(), AUDIENCE);
    expect(() => verifier.judge(token)).not.toThrow();
    now += 930_000;
    expect(() => verifier.judge(token)).toThrow(expect.objectContaining({ reason: "token_expired" }));
  });

  test("a token lives as long as the settings allow, and not longer", async () => {
    const long = { iat: SECOND, exp: SECOND + 7200 };
    expect((await subject(long, { maxLife: 7200 })).id).toBe("ann");
    await expect(subject(long)).rejects.toMatchObject({ reason: "token_invalid" });
  });
});

describe("corpus 7, 17: a verifier that would not verify is not made", () => {
  test.each<[string, object, string]>([
    ["no issuer", { issuer: undefined }, "issuer:"],
    ["an issuer without TLS", { issuer: "http://issuer.example" }, "issuer:"],
    ["corpus 13: an issuer that is a pattern", { issuer: /issuer/ }, "issuer:"],
    ["no audience", { audience: undefined }, "audience:"],
    ["an empty audience", { audience: "" }, "audience:"],
    ["corpus 13: a list of audiences", { audience: [AUDIENCE] }, "audience:"],
    ["corpus 13: an audience that is a pattern", { audience: /api/ }, "audience:"],
    ["no word on revocation", { revocation: undefined }, "revocation:"],
    ["a feed, which no other issuer has", { revocation: { mode: "feed" } }, "revocation:"],
    ["no word on permissions", { permissions: undefined }, "permissions:"],
    ["permissions of an empty name", { permissions: "" }, "permissions:"],
    ["no algorithm", { algorithms: [] }, "algorithms:"],
    ["corpus 1: a symmetric algorithm", { algorithms: ["RS256", "HS256"] }, "algorithms:"],
    ["corpus 5: no signature", { algorithms: ["none"] }, "algorithms:"],
    ["an unknown type", { typ: "id+jwt" }, "typ:"],
    ["several audiences, perhaps", { severalAudiences: "yes" }, "severalAudiences:"],
    ["a life without end", { maxLife: Number.POSITIVE_INFINITY }, "maxLife:"],
    ["no life", { maxLife: 0 }, "maxLife:"],
    ["corpus 10: keys without TLS", { jwksUri: "http://issuer.example/keys" }, "jwksUri:"],
    ["a client of no name", { client: "" }, "client:"],
    ["an organisation of no name", { org: "" }, "org:"],
    ["no word on services", { isService: undefined }, "isService:"],
    ["a service by name", { isService: "gty" }, "isService:"],
    ["a second factor by name", { twoFactor: "amr" }, "twoFactor:"],
  ])("%s", (_what, changes, sentence) => {
    const options: object = { ...settings(), ...changes };
    expect(() => oidcVerifier(options as OidcOptions)).toThrow(TypeError);
    expect(() => oidcVerifier(options as OidcOptions)).toThrow(sentence);
  });
});
