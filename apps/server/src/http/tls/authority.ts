import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import type { World } from "@countersign/tokens";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  NameConstraints,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";
import { extension, keyIdentifier, signCertificate } from "./certificate.ts";
import type { Pair } from "./pair.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_LIFE_MS = 365 * DAY_MS;
const LEAF_LIFE_MS = 90 * DAY_MS;
/** Other machines' clocks may be behind. */
const BACKDATE_MS = 60 * 60 * 1000;

/**
 * Makes a local certificate authority for a year. Its name constraints are critical (RFC 5280 §4.2.1.10), so that
 * whoever trusts it trusts it for this machine alone, even when its key is stolen.
 */
export function makeAuthority(world: World): Pair {
  const keys = newKeys();
  const serial = newSerial(world);
  const subject = `Countersign on localhost ${Buffer.from(serial).toString("hex").slice(0, 8)}`;
  const now = world.now();
  const cert = signCertificate(
    {
      serial,
      subject,
      issuer: subject,
      notBefore: now - BACKDATE_MS,
      notAfter: now + AUTHORITY_LIFE_MS,
      publicKey: keys.publicKey,
      extensions: [
        extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
        extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign), true),
        extension(id_ce_nameConstraints, localNames(), true),
        extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(keys.publicKey))),
      ],
    },
    keys.privateKey,
  );
  return { cert, key: exported(keys.privateKey) };
}

/**
 * Makes a certificate for localhost for 90 days, and never for longer than its authority. It names no address: BoringSSL,
 * which Bun is built on, cannot judge an address under an authority that is constrained to some, and refuses it.
 */
export function makeLeaf(authority: Pair, world: World): Pair {
  const keys = newKeys();
  const issuerKey = createPrivateKey(authority.key);
  const issuer = new X509Certificate(authority.cert);
  const now = world.now();
  const cert = signCertificate(
    {
      serial: newSerial(world),
      subject: "localhost",
      issuer: issuer.subject.replace(/^CN=/, ""),
      notBefore: now - BACKDATE_MS,
      notAfter: Math.min(now + LEAF_LIFE_MS, issuer.validToDate.getTime()),
      publicKey: keys.publicKey,
      extensions: [
        extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
        extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
        extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
        extension(id_ce_subjectAltName, new SubjectAlternativeName([new GeneralName({ dNSName: "localhost" })])),
        extension(
          id_ce_authorityKeyIdentifier,
          new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(createPublicKey(issuerKey))) }),
        ),
        extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(keys.publicKey))),
      ],
    },
    issuerKey,
  );
  return { cert, key: exported(keys.privateKey) };
}

function localNames(): NameConstraints {
  const bases = [{ dNSName: "localhost" }, { iPAddress: "127.0.0.1/32" }, { iPAddress: "::1/128" }];
  return new NameConstraints({
    permittedSubtrees: new GeneralSubtrees(bases.map((base) => new GeneralSubtree({ base: new GeneralName(base) }))),
  });
}

function newKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function exported(key: ReturnType<typeof newKeys>["privateKey"]): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** 128 random bits, positive and without leading zeros (RFC 5280 §4.1.2.2). */
function newSerial(world: World): Uint8Array<ArrayBuffer> {
  const serial = world.random(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}
