import { generateKeyPairSync } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, test } from "vitest";
import { foreignAlgorithms, importForeignKey } from "./foreign-keys.ts";

const published = async (alg: string) => ({
  ...(await exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey)),
  kid: "k",
});
const [rsa, ec, okp] = [await published("RS256"), await published("ES256"), await published("EdDSA")];

describe("a key of another issuer", () => {
  test.each([
    ["RS256", rsa],
    ["PS256", rsa],
    ["ES256", ec],
    ["EdDSA", okp],
  ])("of %s is read, whatever else stands beside it", async (alg, jwk) => {
    const decorated = { ...jwk, alg, use: "sig", key_ops: ["verify"], x5c: ["MIIB"], x5t: "AAAA", issuer: "x" };
    const key = await importForeignKey(decorated, foreignAlgorithms);
    expect(key).toMatchObject({ kid: "k", alg, key: { type: "public", extractable: false, usages: ["verify"] } });
  });

  test("RFC 8725 3.1: one that names no algorithm has the first that its kind can have", async () => {
    expect(await importForeignKey(rsa, foreignAlgorithms)).toMatchObject({ alg: "RS256" });
    expect(await importForeignKey(rsa, ["ES256", "PS256", "RS256"])).toMatchObject({ alg: "PS256" });
    expect(await importForeignKey(ec, foreignAlgorithms)).toMatchObject({ alg: "ES256" });
  });

  test("RFC 8725 3.1: one that names its algorithm has that and no other", async () => {
    expect(await importForeignKey({ ...rsa, alg: "PS256" }, foreignAlgorithms)).toMatchObject({ alg: "PS256" });
    expect(await importForeignKey({ ...rsa, alg: "PS256" }, ["RS256"])).toBeUndefined();
  });

  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
  const wide = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" });
  test.each<[string, unknown]>([
    ["of an algorithm that was not named", { ...ec, alg: "ES384" }],
    ["of an algorithm of another kind of key", { ...ec, alg: "RS256" }],
    ["RFC 8725 3.5: RSA below 2048 bits", { ...small, kid: "k" }],
    ["on another curve", { ...wide, kid: "k" }],
    ["RFC 8725 3.4: a point off the curve", { ...ec, x: "A".repeat(43), y: "A".repeat(43) }],
    ["for encryption", { ...rsa, use: "enc" }],
    ["for signing only", { ...rsa, key_ops: ["sign"] }],
    ["a private one", { ...okp, d: "A".repeat(43) }],
    ["corpus 3: a secret one", { kty: "oct", k: "c2VjcmV0", kid: "k", alg: "HS256" }],
    ["without a name", { ...rsa, kid: undefined }],
    ["with an endless name", { ...rsa, kid: "k".repeat(256) }],
    ["without its modulus", { ...rsa, n: undefined }],
    ["with a prototype's kind", { kty: "__proto__", kid: "k" }],
    ["no object", "k"],
    ["nothing", null],
  ])("is none: %s", async (_what, jwk) => {
    expect(await importForeignKey(jwk, foreignAlgorithms)).toBeUndefined();
  });
});
