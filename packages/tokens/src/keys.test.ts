import { calculateJwkThumbprint } from "jose";
import { describe, expect, test } from "vitest";
import { algorithms, generateKey, importSigningKey, importVerificationKey, type PublicJwk, publicJwk } from "./keys.ts";

const keys = { EdDSA: await generateKey("EdDSA"), ES256: await generateKey("ES256") };
const message = new TextEncoder().encode("message");
const asPublic = (jwk: object) => jwk as PublicJwk;

describe.each(algorithms)("a fresh %s pair", (alg) => {
  const made = keys[alg];
  const params = alg === "EdDSA" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };

  test("RFC 7638: is called by its thumbprint", async () => {
    expect(made.kid).toBe(await calculateJwkThumbprint(made.publicJwk));
    expect(made.publicJwk.kid).toBe(made.kid);
  });

  test("is never called by what a command line would take for an option", async () => {
    // One of 64 thumbprints begins with a dash.
    const fresh = await Promise.all(Array.from({ length: 1000 }, () => generateKey(alg)));
    expect(fresh.filter(({ kid }) => kid.startsWith("-"))).toEqual([]);
  });

  test("is another one every time", async () => {
    const other = await generateKey(alg);
    expect(other.kid).not.toBe(made.kid);
    expect(other.privateJwk).not.toBe(made.privateJwk);
  });

  test("publishes no private member", () => {
    expect(Object.keys(made.publicJwk)).not.toContain("d");
    expect(publicJwk.parse(made.publicJwk)).toEqual(made.publicJwk);
    expect(made.publicJwk).toMatchObject({ alg, use: "sig" });
  });

  test("signs with one half what the other verifies", async () => {
    const signing = await importSigningKey(made.kid, alg, made.privateJwk);
    const verification = await importVerificationKey(made.publicJwk);
    const signature = await crypto.subtle.sign(params, signing.key, message);
    expect(await crypto.subtle.verify(params, verification.key, signature, message)).toBe(true);
    expect([signing.kid, verification.kid]).toEqual([made.kid, made.kid]);
  });

  test("may have a kid of any length up to 255", async () => {
    for (const kid of ["k", "k".repeat(255)]) {
      expect((await importVerificationKey({ ...made.publicJwk, kid })).kid).toBe(kid);
    }
    await expect(importVerificationKey({ ...made.publicJwk, kid: "" })).rejects.toMatchObject({
      reason: "unavailable",
    });
  });

  test("cannot be exported again", async () => {
    const { key } = await importSigningKey(made.kid, alg, made.privateJwk);
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("jwk", key)).rejects.toThrow();
  });

  test.each(["", "{}", "null", "not JSON", '{"kty":"oct","k":"c2VjcmV0"}', JSON.stringify(made.publicJwk)])(
    "is not imported for signing from %s",
    async (text) => {
      await expect(importSigningKey("k", alg, text)).rejects.toMatchObject({ reason: "unavailable" });
    },
  );

  test("is not imported for signing under the other algorithm", async () => {
    const other = alg === "EdDSA" ? "ES256" : "EdDSA";
    await expect(importSigningKey("k", other, made.privateJwk)).rejects.toMatchObject({ reason: "unavailable" });
  });

  test.each<[string, object]>([
    ["a private member", { d: "A".repeat(43) }],
    ["an unknown member", { x5u: "https://evil.example" }],
    ["another use", { use: "enc" }],
    ["no kid", { kid: undefined }],
    ["an endless kid", { kid: "k".repeat(256) }],
    ["a short coordinate", { x: "AAAA" }],
    ["a coordinate in no alphabet", { x: "!".repeat(43) }],
    ["the kind of a symmetric key", { kty: "oct", k: "c2VjcmV0" }],
    ["another curve", { crv: "P-384" }],
    ["the algorithm of a symmetric key", { alg: "HS256" }],
  ])("RFC 8725 3.1: is not imported for verification with %s", async (_what, change) => {
    const jwk = asPublic({ ...made.publicJwk, ...change });
    await expect(importVerificationKey(jwk)).rejects.toMatchObject({ name: "Refusal", reason: "unavailable" });
  });
});

describe("a point off its curve", () => {
  test("RFC 8725 3.4: is refused as an ES256 key", async () => {
    const jwk = { ...keys.ES256.publicJwk };
    for (const change of [{ x: "A".repeat(43) }, { y: jwk.x }, { x: "A".repeat(43), y: "A".repeat(43) }]) {
      await expect(importVerificationKey(asPublic({ ...jwk, ...change }))).rejects.toMatchObject({
        reason: "unavailable",
      });
    }
  });

  test("RFC 8725 3.4: verifies nothing as an Ed25519 key", async () => {
    // y = 2 lies on no point of the curve.
    const jwk = { ...keys.EdDSA.publicJwk, x: `Ag${"A".repeat(41)}` };
    const { key } = await importVerificationKey(asPublic(jwk));
    for (const signature of [new Uint8Array(64), new Uint8Array([2, ...new Uint8Array(63)])]) {
      expect(await crypto.subtle.verify("Ed25519", key, signature, message)).toBe(false);
    }
  });
});
