import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { systemWorld } from "@countersign/tokens";
import { GeneralName, id_ce_subjectAltName, SubjectAlternativeName } from "@peculiar/asn1-x509";
import { extension, signCertificate } from "../certificate.ts";
import type { Pair } from "../pair.ts";

/** A certificate of an hour for any names, whether or not the authority may vouch for them. */
export function pairFor(names: readonly ({ dNSName: string } | { iPAddress: string })[], authority: Pair): Pair {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = systemWorld.now();
  const cert = signCertificate(
    {
      serial: new Uint8Array([1]),
      subject: "anybody",
      issuer: new X509Certificate(authority.cert).subject.slice("CN=".length),
      notBefore: now - 1000,
      notAfter: now + 3_600_000,
      publicKey: keys.publicKey,
      extensions: [
        extension(id_ce_subjectAltName, new SubjectAlternativeName(names.map((name) => new GeneralName(name)))),
      ],
    },
    createPrivateKey(authority.key),
  );
  return { cert, key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}
