import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  AUDIENCE,
  accountClaims,
  encode,
  honestHeader,
  makePair,
  SECOND,
  serviceClaims,
  signAnything,
} from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { createDesk } from "../test-support/desk.ts";
import { post, refusalIn, send } from "../test-support/send.ts";
import { FAILURES_PER_S } from "../verify/check-budget.ts";
import type { Facts } from "./facts.ts";

const desk = await createDesk();
const { pair } = desk;
const t = initTRPC.context<{ auth: Facts }>().create();
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:share"],
  world: desk.world,
});
const router = guard.router({
  open: guard.open("x").query(() => "open"),
  greet: guard.open.orSignedIn("x").query(() => "greeted"),
  me: guard.signedIn.query(() => "ran"),
  share: guard.allowed("notes:share").query(() => "ran"),
  both: guard.allowed("notes:read", "notes:share").query(() => "ran"),
});

const header = honestHeader(pair.signing);
const signed = (changes: object, head: object = header) =>
  signAnything(head, { ...accountClaims(), ...changes }, pair.signing);
const hmac = (secret: string | Buffer, alg = "HS256") => {
  const input = `${encode({ ...header, alg })}.${encode(accountClaims())}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
};
const unsigned = (alg: string) => `${encode({ ...header, alg })}.${encode(accountClaims())}.`;

// Bad tokens come no faster than the guard checks them: what a flood of them meets is in verify/flood.test.ts.
beforeEach(() => desk.pass(2 / FAILURES_PER_S));

// Every key that an attacker can point to lies here, and nobody may come to fetch it.
let visits = 0;
const listener = createServer((_request, response) => {
  visits += 1;
  response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [pair.generated.publicJwk] }));
});
let lure = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  lure = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => listener.close(resolve)));

describe("server case 7, ASVS 7.2.1, RFC 6750 3.1: forged and misused tokens, through the guard", async () => {
  const other = await makePair();
  const jwk = other.generated.publicJwk;
  const publicJson = JSON.stringify(pair.generated.publicJwk);
  const good = await desk.account();
  const [head = "", payload = "", signature = ""] = good.split(".");

  const cases: [string, () => string | Promise<string>, string][] = [
    ["corpus 1: HS256 keyed with the public key", () => hmac(pair.generated.publicJwk.x), "token_invalid"],
    ["corpus 3: HS256 keyed with the JWK's text", () => hmac(publicJson), "token_invalid"],
    ["corpus 4: HS256 keyed with nothing", () => hmac(""), "token_invalid"],
    ["HS512 by name", () => hmac("", "HS512"), "token_invalid"],
    ...["none", "None", "NONE", "nOnE", "", " none"].map((alg): [string, () => string, string] => [
      `corpus 5: alg ${JSON.stringify(alg)}`,
      () => unsigned(alg),
      "token_invalid",
    ]),
    ["another algorithm of ours than the key's", () => signed({}, { ...header, alg: "ES256" }), "token_invalid"],
    ["RS256 by name", () => signed({}, { ...header, alg: "RS256" }), "token_invalid"],
    ["no signature", () => `${head}.${payload}.`, "token_invalid"],
    ["a signature of zeros", () => `${head}.${payload}.${encode(new Uint8Array(64))}`, "token_invalid"],
    [
      "another token's signature",
      async () => `${head}.${payload}.${(await desk.account()).split(".")[2]}`,
      "token_invalid",
    ],
    ["another payload", () => `${head}.${encode({ ...accountClaims(), sub: "root" })}.${signature}`, "token_invalid"],
    [
      "a key of somebody else under our kid",
      () => signAnything(header, accountClaims(), other.signing),
      "token_invalid",
    ],
    [
      "a key of somebody else under its own kid",
      () => signAnything(honestHeader(other.signing), accountClaims(), other.signing),
      "unknown_key",
    ],
    [
      "corpus 5: an embedded jwk",
      () => signAnything({ ...header, jwk }, accountClaims(), other.signing),
      "token_invalid",
    ],
    [
      "an embedded jwk under its own kid",
      () => signAnything({ ...header, jwk, kid: jwk.kid }, accountClaims(), other.signing),
      "token_invalid",
    ],
    ["corpus 9: jku", () => signed({}, { ...header, jku: `${lure}/jwks.json` }), "token_invalid"],
    ["corpus 9: x5u", () => signed({}, { ...header, x5u: `${lure}/cert.pem` }), "token_invalid"],
    ["x5c", () => signed({}, { ...header, x5c: ["AAAA"] }), "token_invalid"],
    ["crit", () => signed({}, { ...header, crit: ["exp"] }), "token_invalid"],
    ["b64: false", () => signed({}, { ...header, b64: false, crit: ["b64"] }), "token_invalid"],
    ...[
      "../../../dev/null",
      "' OR 1=1 --",
      "$(id)",
      "__proto__",
      "constructor",
      "http://127.0.0.1/",
      "a\u0000b",
      " ",
    ].map((kid): [string, () => Promise<string>, string] => [
      `corpus 8: kid ${JSON.stringify(kid)}`,
      () => signed({}, { ...header, kid }),
      "unknown_key",
    ]),
    ["corpus 8: kid an array", () => signed({}, { ...header, kid: [pair.signing.kid] }), "token_invalid"],
    ["corpus 8: kid an object", () => signed({}, { ...header, kid: { toString: "x" } }), "token_invalid"],
    ["no kid", () => signed({}, { alg: header["alg"], typ: header["typ"] }), "token_invalid"],
    ["typ JWT, as an ID token has it", () => signed({}, { ...header, typ: "JWT" }), "token_invalid"],
    ["typ dpop+jwt, a proof", () => signed({}, { ...header, typ: "dpop+jwt" }), "token_invalid"],
    ["no typ", () => signed({}, { alg: header["alg"], kid: header["kid"] }), "token_invalid"],
    ["a refresh token", () => `csr_${"a".repeat(22)}.1.1.${"b".repeat(43)}`, "token_invalid"],
    ["another issuer", () => signed({ iss: "https://evil.example" }), "token_invalid"],
    ["the issuer with a slash", () => signed({ iss: "https://issuer.example/" }), "token_invalid"],
    ["another audience", () => signed({ aud: "https://other.example" }), "token_invalid"],
    [
      "a list of audiences with ours in it",
      () => signed({ aud: [AUDIENCE, "https://other.example"] }),
      "token_invalid",
    ],
    ["corpus 13: an audience that is a pattern of ours", () => signed({ aud: "https://api.*" }), "token_invalid"],
    ["corpus 13: an audience that ours begins", () => signed({ aud: `${AUDIENCE}.evil.example` }), "token_invalid"],
    ["no exp", () => signed({ exp: undefined }), "token_invalid"],
    ["exp null", () => signed({ exp: null }), "token_invalid"],
    ["exp as text", () => signed({ exp: String(SECOND + 300) }), "token_invalid"],
    ["exp in milliseconds", () => signed({ exp: (SECOND + 300) * 1000 }), "token_invalid"],
    [
      "corpus 85: exp 1e999",
      async () =>
        await signAnything(
          header,
          JSON.stringify({ ...accountClaims(), exp: 7 }).replace('"exp":7', '"exp":1e999'),
          pair.signing,
        ),
      "token_invalid",
    ],
    ["exp a fraction", () => signed({ exp: SECOND + 300.5 }), "token_invalid"],
    ["exp negative", () => signed({ exp: -1 }), "token_expired"],
    ["exp over", () => signed({ iat: SECOND - 400, exp: SECOND - 100 }), "token_expired"],
    ["issued in the future", () => signed({ iat: SECOND + 60, exp: SECOND + 300 }), "token_invalid"],
    ["nbf ahead", () => signed({ nbf: SECOND + 60 }), "token_invalid"],
    ["a life of a year", () => signed({ exp: SECOND + 31_536_000 }), "token_invalid"],
    ["no sub", () => signed({ sub: undefined }), "token_invalid"],
    ["sub an object", () => signed({ sub: { id: "ann" } }), "token_invalid"],
    ["a claim that is not ours", () => signed({ admin: true }), "token_invalid"],
    ["roles beside the scope", () => signed({ roles: ["administrator"] }), "token_invalid"],
    [
      "corpus 60: __proto__ as a claim",
      async () =>
        await signAnything(
          header,
          JSON.stringify(accountClaims()).replace("{", '{"__proto__":{"scope":"notes:share"},'),
          pair.signing,
        ),
      "token_invalid",
    ],
    [
      "a name that stands twice in the payload",
      async () =>
        await signAnything(header, JSON.stringify(accountClaims()).replace("{", '{"sub":"root",'), pair.signing),
      "token_invalid",
    ],
    [
      "a name that stands twice in the header",
      async () =>
        await signAnything(JSON.stringify(header).replace("{", '{"alg":"none",'), accountClaims(), pair.signing),
      "token_invalid",
    ],
    ["corpus 14: an encrypted token's five parts", () => `${good}.AAAA.AAAA`, "token_invalid"],
    ["corpus 15: ten thousand dots", () => ".".repeat(7_000), "token_invalid"],
    ["corpus 15: a huge token", () => `${head}.${"A".repeat(9_000)}.${signature}`, "token_invalid"],
    ["corpus 84: a second spelling of the signature", () => `${head}.${payload}.${signature}=`, "token_invalid"],
    ["corpus 14: base64 that is not of the URL kind", () => `${head}.${payload}+.${signature}`, "token_invalid"],
    [
      "ASVS 8.3.3: a service that acts as somebody",
      () => signAnything(header, { ...serviceClaims(), sub: "ann" }, pair.signing),
      "token_invalid",
    ],
    ["RFC 9449 7.2: a bound token without a proof", () => signed({ cnf: { jkt: "k".repeat(43) } }), "key_mismatch"],
  ];

  test.each(cases)("%s", async (_what, make, reason) => {
    const token = await make();
    const answer = await send(router, "me", { token });
    expect(refusalIn(answer)).toEqual({ reason, ran: false, status: 401 });
    expect(answer.headers.get("www-authenticate")).toBe(`Bearer error="invalid_token", error_description="${reason}"`);
    // Where a token is welcome but not asked for, a bad one is no better than elsewhere.
    expect(refusalIn(await send(router, "greet", { token })).reason).toBe(reason);
  });

  test("corpus 9: no key was fetched from where a token said", () => {
    expect(visits).toBe(0);
  });

  test("the token that all of these were made from is accepted", async () => {
    expect((await send(router, "me", { token: good })).body.result?.data).toBe("ran");
  });

  test("jose's own tokens of the right kind are accepted: the guard wants no dialect of ours", async () => {
    const token = await new SignJWT({ ...accountClaims() })
      .setProtectedHeader({ ...header, alg: "EdDSA" })
      .sign(pair.signing.key);
    expect((await send(router, "me", { token })).status).toBe(200);
  });
});

describe("RFC 6750 3: what a refused request is told", () => {
  test("RFC 6750 3.1: no error code where no credentials came", async () => {
    for (const authorization of [undefined, "Basic eA=="]) {
      const answer = await send(router, "me", { headers: authorization === undefined ? {} : { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  test("RFC 6750 3.1: invalid_request and 400 for credentials that are none", async () => {
    const answer = await send(router, "me", { headers: { authorization: "Bearer a, Bearer b" } });
    expect(refusalIn(answer)).toEqual({ reason: "malformed_credentials", ran: false, status: 400 });
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer error="invalid_request", error_description="malformed_credentials"',
    );
  });

  test("RFC 6750 3.1: insufficient_scope and 403, with the scope that would do", async () => {
    const answer = await send(router, "both", { token: await desk.account() });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer error="insufficient_scope", error_description="not_permitted", scope="notes:read notes:share"',
    );
  });

  test("corpus 82, ASVS 14.2.2: a refusal is never 200 and never stored", async () => {
    for (const path of ["me", "share"]) {
      const answer = await send(router, path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
    expect((await send(router, "me", { token: await desk.account() })).headers.get("cache-control")).toBe("no-store");
  });

  test("what is public says nothing about storing: that is its author's choice", async () => {
    expect((await send(router, "open")).headers.get("cache-control")).toBe(null);
  });
});

describe("RFC 6750 2: where a token may stand", () => {
  test.each<[string, () => Promise<{ path: string; headers?: Record<string, string> }>]>([
    ["in the query", async () => ({ path: `me?access_token=${await desk.account()}` })],
    [
      "in tRPC's connection parameters",
      async () => ({
        path: `me?connectionParams=${encodeURIComponent(JSON.stringify({ token: await desk.account(), authorization: `Bearer ${await desk.account()}` }))}`,
      }),
    ],
    ["in a cookie", async () => ({ path: "me", headers: { cookie: `authorization=Bearer ${await desk.account()}` } })],
    [
      "in another header",
      async () => ({
        path: "me",
        headers: {
          "x-authorization": `Bearer ${await desk.account()}`,
          "proxy-authorization": `Bearer ${await desk.account()}`,
        },
      }),
    ],
  ])("corpus 56, RFC 6750 5.3: not %s", async (_where, make) => {
    const { path, headers } = await make();
    expect(refusalIn(await send(router, path, { headers: headers ?? {} })).reason).toBe("no_token");
  });

  test("not in the body", async () => {
    const mutations = guard.router({ me: guard.signedIn.mutation(() => "ran") });
    const answer = await post(mutations, "me", { access_token: await desk.account() });
    expect(refusalIn(answer).reason).toBe("no_token");
  });
});

describe("corpus 75: nothing that was sent comes back", () => {
  const mark = "needle%0d%0aX-Evil:1";
  test.each([
    ["a kid", () => signed({}, { ...header, kid: "needle\r\nX-Evil: 1" })],
    ["a header member", () => signed({}, { ...header, needle: '"><script>needle</script>' })],
    ["an issuer", () => signed({ iss: 'needle", error="' })],
    ["a scope", () => desk.account({ permissions: ["needle:read"] })],
    ["a token", () => "needle"],
  ])("of %s", async (_what, make) => {
    const answer = await send(router, `share?input=${mark}`, { token: await make() });
    expect(answer.status).toBeGreaterThanOrEqual(401);
    expect(`${answer.text}${JSON.stringify([...answer.headers])}`).not.toMatch(/needle|x-evil|<script/i);
  });
});
