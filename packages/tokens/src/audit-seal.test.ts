import { CompactSign } from "jose";
import { beforeAll, expect, test } from "vitest";
import { verifyAccessToken } from "./access.ts";
import { AUDIT_BEGINNING } from "./audit-chain.ts";
import { importAuditKey, openAuditSeal, sealAudit } from "./audit-seal.ts";
import { expecting, ISSUER, makePair, NOW, type Pair } from "./testing/forge.ts";

let own: Pair;
let other: Pair;
beforeAll(async () => {
  [own, other] = await Promise.all([makePair(), makePair("ES256")]);
});

const head = { issuer: ISSUER, seq: 7, hash: AUDIT_BEGINNING.hash, at: NOW };
const refused = { reason: "token_invalid" };

test("a seal says what was sealed, by either algorithm", async () => {
  for (const { signing, verification } of [own, other]) {
    expect(await openAuditSeal(await sealAudit(head, signing), verification)).toEqual(head);
  }
});

test("a seal of another key, a changed one and what was signed for something else do not open", async () => {
  const seal = await sealAudit(head, own.signing);
  await expect(openAuditSeal(seal, other.verification)).rejects.toMatchObject(refused);
  await expect(openAuditSeal(seal, { ...other.verification, kid: own.signing.kid })).rejects.toMatchObject(refused);
  const [header, , signature] = seal.split(".");
  const forged = Buffer.from(JSON.stringify({ ...head, seq: 8 })).toString("base64url");
  await expect(openAuditSeal([header, forged, signature].join("."), own.verification)).rejects.toMatchObject(refused);
  const sign = (typ: string, payload: object) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader({ alg: "EdDSA", typ, kid: own.signing.kid })
      .sign(own.signing.key);
  const payload = { iss: ISSUER, seq: 7, hash: head.hash, at: NOW };
  await openAuditSeal(await sign("audit-seal+jws", payload), own.verification);
  for (const wrong of [sign("at+jwt", payload), sign("audit-seal+jws", { ...payload, more: 1 })]) {
    await expect(openAuditSeal(await wrong, own.verification)).rejects.toMatchObject(refused);
  }
});

test("RFC 8725 3.11: a seal is never an access token", async () => {
  const seal = await sealAudit(head, own.signing);
  await expect(verifyAccessToken(seal, expecting(own.verification))).rejects.toMatchObject(refused);
});

test("a key whose id is not its thumbprint is refused: the id is what people write down", async () => {
  await importAuditKey(own.generated.publicJwk);
  const renamed = { ...other.generated.publicJwk, kid: own.signing.kid };
  await expect(importAuditKey(renamed)).rejects.toMatchObject({ reason: "unavailable" });
});
