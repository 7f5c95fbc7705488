import { createHmac, createPublicKey } from "node:crypto";
import { createServer } from "node:http";
import { base64url, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { issueAccessToken, verifyAccessToken } from "./access.ts";
import { RevocationSet } from "./revocations.ts";
import {
  accountClaims,
  encode,
  expecting,
  honestHeader,
  makePair,
  NOW,
  type Pair,
  type Part,
  signAnything,
} from "./testing/forge.ts";

const ed25519 = await makePair("EdDSA");
const es256 = await makePair("ES256");
const stranger = await makePair("EdDSA");
const expected = expecting(ed25519.verification, es256.verification);
const pairs: [string, Pair][] = [
  ["EdDSA", ed25519],
  ["ES256", es256],
];

const refused = (token: string, reason = "token_invalid") =>
  expect(verifyAccessToken(token, expected)).rejects.toMatchObject({ name: "Refusal", reason });

function hmac(header: Part, secret: string | Uint8Array, payload: Part = accountClaims()): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

describe("server case 7, ASVS 9.1.1: the signature is checked", () => {
  test.each(pairs)("no bit of a token can change (%s)", async (_alg, { signing }) => {
    const token = await issueAccessToken(accountClaims(), signing);
    const [header = "", payload = "", signature = ""] = token.split(".");
    for (const [at, segment] of [header, payload, signature].entries()) {
      for (let byte = 0; byte < base64url.decode(segment).length; byte += 7) {
        const bytes = base64url.decode(segment);
        bytes[byte] = (bytes[byte] ?? 0) ^ 1;
        const segments = [header, payload, signature];
        segments[at] = base64url.encode(bytes);
        await expect(verifyAccessToken(segments.join("."), expected)).rejects.toMatchObject({ name: "Refusal" });
      }
    }
  });

  test.each(pairs)("a signature of another length is none (%s)", async (_alg, { signing }) => {
    const token = await issueAccessToken(accountClaims(), signing);
    const [header, payload, signature = ""] = token.split(".");
    const bytes = base64url.decode(signature);
    for (const wrong of [
      bytes.subarray(0, 63),
      bytes.subarray(0, 32),
      new Uint8Array([...bytes, 0]),
      new Uint8Array(1),
    ]) {
      await refused(`${header}.${payload}.${base64url.encode(wrong)}`);
    }
  });

  test.each(pairs)("a signature belongs to its own content (%s)", async (_alg, { signing }) => {
    const [ann, bob] = await Promise.all([
      issueAccessToken(accountClaims(), signing),
      issueAccessToken(accountClaims({ sub: "bob" }), signing),
    ]);
    await refused([...ann.split(".").slice(0, 2), bob.split(".")[2]].join("."));
  });

  test("a key of somebody else under our kid signs nothing", async () => {
    await refused(await signAnything(honestHeader(ed25519.signing), accountClaims(), stranger.signing));
  });

  test("a kid that we do not have is an unknown key", async () => {
    await refused(await issueAccessToken(accountClaims(), stranger.signing), "unknown_key");
  });

  test.each(pairs)("corpus 6: an all-zero signature is none (%s)", async (_alg, { signing }) => {
    const [header, payload] = (await issueAccessToken(accountClaims(), signing)).split(".");
    await refused(`${header}.${payload}.${base64url.encode(new Uint8Array(64))}`);
  });

  test("corpus 6: no ES256 signature has an r or s of zero, of the order, or above it", async () => {
    const [header, payload] = (await issueAccessToken(accountClaims(), es256.signing)).split(".");
    const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    const numbers = ["0".repeat(64), `${"0".repeat(63)}1`, order, "f".repeat(64)];
    for (const r of numbers) {
      for (const s of numbers) {
        await refused(`${header}.${payload}.${Buffer.from(r + s, "hex").toString("base64url")}`);
      }
    }
  });

  test("ES256 signatures in DER are refused", async () => {
    const [header, payload, signature = ""] = (await issueAccessToken(accountClaims(), es256.signing)).split(".");
    const raw = Buffer.from(signature, "base64url");
    const integer = (half: Buffer) => {
      const padded = (half[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), half]) : half;
      return Buffer.concat([Buffer.from([2, padded.length]), padded]);
    };
    const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
    const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
    await refused(`${header}.${payload}.${der.toString("base64url")}`);
  });

  test("corpus 84: the twin of an ES256 signature is revoked with its session", async () => {
    const token = await issueAccessToken(accountClaims(), es256.signing);
    const [header, payload, signature = ""] = token.split(".");
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const raw = Buffer.from(signature, "base64url");
    const s = order - BigInt(`0x${raw.subarray(32).toString("hex")}`);
    const twinSignature = raw.subarray(0, 32).toString("hex") + s.toString(16).padStart(64, "0");
    const twin = `${header}.${payload}.${Buffer.from(twinSignature, "hex").toString("base64url")}`;
    const verified = await verifyAccessToken(twin, expected);
    const revoked = new RevocationSet();
    revoked.add({ kind: "session", id: "session-1", least: Number.MAX_SAFE_INTEGER }, NOW);
    expect(revoked.judge(verified.kid, verified.claims)).toBe("session_ended");
  });

  test("an Ed25519 signature with the group's order added to it is refused", async () => {
    const [header, payload, signature = ""] = (await issueAccessToken(accountClaims(), ed25519.signing)).split(".");
    const raw = Buffer.from(signature, "base64url");
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString("hex")}`) + order;
    const twin = Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
    await refused(`${header}.${payload}.${twin.toString("base64url")}`);
  });
});

describe("server case 7, ASVS 9.1.2: the algorithm follows from the key, never from the token", () => {
  test.each(["none", "None", "NONE", "nOnE", "none ", ""])("corpus 5: alg %j is refused", async (alg) => {
    const header = { ...honestHeader(ed25519.signing), alg };
    const input = `${encode(header)}.${encode(accountClaims())}`;
    await refused(`${input}.`);
    await refused(`${input}.AA`);
    await refused(await signAnything(header, accountClaims(), ed25519.signing));
  });

  const publicPem = (pair: Pair) => createPublicKey({ key: pair.generated.publicJwk, format: "jwk" });
  const spki = (pair: Pair) => publicPem(pair).export({ type: "spki", format: "pem" }) as string;

  test.each(pairs)("corpus 1, 2, 3: HS256 under any writing of the public key is refused (%s)", async (_alg, pair) => {
    const { publicJwk } = pair.generated;
    const der = publicPem(pair).export({ type: "spki", format: "der" });
    const pem = spki(pair);
    const secrets = [
      pem,
      pem.trim(),
      pem.replaceAll("\n", "\r\n"),
      pem.replaceAll("\n", ""),
      `  \n${pem}`,
      `some words\n${pem}`,
      `-----BEGIN JUNK-----\nAAAA\n-----END JUNK-----\n${pem}`,
      der,
      der.toString("base64"),
      JSON.stringify(publicJwk),
      JSON.stringify(publicJwk, null, 2),
      JSON.stringify({ keys: [publicJwk] }),
      publicJwk.x,
      base64url.decode(publicJwk.x),
      pair.signing.kid,
      "",
      "secret",
    ];
    for (const alg of ["HS256", "hs256", "HS384", "HS512"]) {
      for (const secret of secrets) await refused(hmac({ ...honestHeader(pair.signing), alg }, secret));
    }
  });

  test.each(pairs)(
    "RFC 8725 3.1, 3.5: an HMAC under the key's own algorithm name is no signature (%s)",
    async (_alg, pair) => {
      await refused(hmac(honestHeader(pair.signing), spki(pair)));
    },
  );

  test.each(["eddsa", "EDDSA", "Ed25519", "es256", "ES256K", "ES384", "RS256", "PS256", "__proto__", "constructor"])(
    "alg %s is refused though the signature is right",
    async (alg) => {
      await refused(await signAnything({ ...honestHeader(ed25519.signing), alg }, accountClaims(), ed25519.signing));
    },
  );

  test("one good algorithm does not stand in for the other", async () => {
    const ed = { ...honestHeader(ed25519.signing), alg: "ES256" };
    const es = { ...honestHeader(es256.signing), alg: "EdDSA" };
    await refused(await signAnything(ed, accountClaims(), ed25519.signing));
    await refused(await signAnything(ed, accountClaims(), es256.signing));
    await refused(await signAnything(es, accountClaims(), es256.signing));
  });

  test.each([[null], [1], [["EdDSA"]], [{ EdDSA: true }], [undefined]])("alg as %j is refused", async (alg) => {
    await refused(await signAnything({ ...honestHeader(ed25519.signing), alg }, accountClaims(), ed25519.signing));
  });

  test("no key is looked for under an algorithm that is never ours", async () => {
    const asked: string[] = [];
    const keys = (kid: string) => {
      asked.push(kid);
      return undefined;
    };
    const unsigned = `${encode({ alg: "none", typ: "at+jwt", kid: "a" })}.${encode(accountClaims())}.AA`;
    const symmetric = hmac({ alg: "HS256", typ: "at+jwt", kid: "b" }, "secret");
    for (const token of [unsigned, symmetric]) {
      await expect(verifyAccessToken(token, { ...expected, keys })).rejects.toMatchObject({ reason: "token_invalid" });
    }
    expect(asked).toEqual([]);
  });
});

describe("server case 7, ASVS 9.1.3: keys come from the ring and from nowhere else", () => {
  test("corpus 5, 9: nothing that a header points to is fetched or believed", async () => {
    const hits: string[] = [];
    const server = createServer((request, response) => {
      hits.push(request.url ?? "");
      response.end(JSON.stringify({ keys: [stranger.generated.publicJwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/keys`;
    const tricks = [
      { jku: url },
      { x5u: url },
      { jku: url.replace("http://", "http://issuer.example@") },
      { jwk: stranger.generated.publicJwk },
      { jwk: { kty: "oct", k: "c2VjcmV0" } },
      { x5c: ["MIIB"] },
      { x5t: "AAAA" },
      { "x5t#S256": "AAAA" },
    ];
    for (const trick of tricks) {
      await refused(
        await signAnything({ ...honestHeader(ed25519.signing), ...trick }, accountClaims(), stranger.signing),
      );
      await refused(
        await signAnything({ ...honestHeader(ed25519.signing), ...trick }, accountClaims(), ed25519.signing),
      );
    }
    await new Promise((resolve) => server.close(resolve));
    expect(hits).toEqual([]);
  });

  test.each([
    "../../../../dev/null",
    "/proc/self/environ",
    "x' OR '1'='1",
    "x' UNION SELECT 'key'--",
    "key; curl evil.example",
    "__proto__",
    "constructor",
    "toString",
    "a\u0000b",
    "a\r\nSet-Cookie: x=1",
    "*)(uid=*",
  ])("corpus 8: kid %j finds no key", async (kid) => {
    await refused(
      await signAnything({ ...honestHeader(ed25519.signing), kid }, accountClaims(), ed25519.signing),
      "unknown_key",
    );
  });

  test.each([[["k"]], [{ k: 1 }], [1], [null], [true], [undefined], [""], ["k".repeat(256)]])(
    "corpus 8: kid %j is looked up nowhere",
    async (kid) => {
      const header = { ...honestHeader(ed25519.signing), kid };
      await refused(await signAnything(header, accountClaims(), ed25519.signing));
    },
  );

  test("corpus 7: a key that was kept under another kid is not the one asked for", async () => {
    const token = await issueAccessToken(accountClaims(), ed25519.signing);
    const careless = { ...expected, keys: () => ({ ...ed25519.verification, kid: ed25519.signing.kid.toLowerCase() }) };
    await expect(verifyAccessToken(token, careless)).rejects.toMatchObject({ reason: "unknown_key" });
  });
});

describe("server case 7: the header holds alg, typ and kid", () => {
  test.each<[string, object]>([
    ["corpus 14: crit", { crit: ["exp"] }],
    ["crit that names what we know", { crit: ["alg"] }],
    ["an empty crit", { crit: [] }],
    ["corpus 14: b64", { b64: false, crit: ["b64"] }],
    ["b64 that changes nothing", { b64: true }],
    ["corpus 14: zip", { zip: "DEF" }],
    ["enc", { enc: "A256GCM" }],
    ["corpus 14: p2c", { p2c: 2_000_000_000, p2s: "AAAA" }],
    ["cty of a nested token", { cty: "JWT" }],
    ["an unknown member", { x: 1 }],
  ])("%s is refused", async (_what, members) => {
    await refused(
      await signAnything({ ...honestHeader(ed25519.signing), ...members }, accountClaims(), ed25519.signing),
    );
  });

  test("a __proto__ that brings the members is refused", async () => {
    const header = `{"__proto__":${JSON.stringify(honestHeader(ed25519.signing))}}`;
    await refused(await signAnything(header, accountClaims(), ed25519.signing));
    const beside = JSON.stringify(honestHeader(ed25519.signing)).replace("{", '{"__proto__":{},');
    await refused(await signAnything(beside, accountClaims(), ed25519.signing));
  });

  test.each(["alg", "typ", "kid"])("it is refused without %s", async (name) => {
    const header = { ...honestHeader(ed25519.signing), [name]: undefined };
    await refused(await signAnything(header, accountClaims(), ed25519.signing));
  });

  test.each([
    "JWT",
    "jwt",
    "dpop+jwt",
    "rt+jwt",
    "secevent+jwt",
    "logout+jwt",
    "application/jwt",
    "at+jwt+x",
    "x/at+jwt",
    "",
  ])("ASVS 9.2.2, RFC 9068 4: typ %j is another kind of token", async (typ) => {
    await refused(await signAnything({ ...honestHeader(ed25519.signing), typ }, accountClaims(), ed25519.signing));
  });

  test("RFC 9068 5: an ID token is no access token, even under our type", async () => {
    const { iss, sub, aud, exp, iat, auth_time } = accountClaims();
    const idToken = { iss, sub, aud, exp, iat, auth_time, nonce: "n", email: "ann@acme.example" };
    const { signing } = ed25519;
    await refused(
      await new SignJWT(idToken).setProtectedHeader({ alg: "EdDSA", typ: "JWT", kid: signing.kid }).sign(signing.key),
    );
    await refused(await signAnything(honestHeader(signing), idToken, signing));
  });

  test("ASVS 9.2.2: a refresh token is no access token", async () => {
    await refused(`csr_${"A".repeat(22)}.0.1.${"A".repeat(43)}`);
  });

  test("RFC 8725 3.3: a signed token inside another is not unwrapped", async () => {
    const inner = await issueAccessToken(accountClaims(), ed25519.signing);
    await refused(await signAnything(honestHeader(ed25519.signing), inner, ed25519.signing));
    await refused(await signAnything(honestHeader(ed25519.signing), JSON.stringify(inner), ed25519.signing));
  });
});
