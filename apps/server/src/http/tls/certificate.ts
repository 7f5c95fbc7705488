import { createHash, type KeyObject, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Extension,
  Extensions,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from "@peculiar/asn1-x509";

/** What an X.509 certificate says (RFC 5280 §4.1). Times in milliseconds since the epoch. */
export interface CertificateContent {
  readonly serial: Uint8Array<ArrayBuffer>;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Extension[];
}

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";

/**
 * Signs a certificate with an EC key and answers it as PEM.
 *
 * Does not check: that the issuer may sign such a certificate. Only for the authority that the server makes for itself.
 */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: 2, // v3
    serialNumber: content.serial.buffer,
    signature: algorithm,
    issuer: name(content.issuer),
    subject: name(content.subject),
    validity: new Validity({ notBefore: new Date(content.notBefore), notAfter: new Date(content.notAfter) }),
    subjectPublicKeyInfo: AsnConvert.parse(spki(content.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([...content.extensions]),
  });
  const signature = sign("sha256", new Uint8Array(AsnConvert.serialize(tbsCertificate)), issuerKey);
  const signatureValue = new Uint8Array(signature).buffer;
  return pem(AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm: algorithm, signatureValue })));
}

/** One extension, encoded. */
export function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** The leftmost 160 bits of the key's SHA-256 (RFC 7093 §2). */
export function keyIdentifier(publicKey: KeyObject): ArrayBuffer {
  return new Uint8Array(createHash("sha256").update(spki(publicKey)).digest().subarray(0, 20)).buffer;
}

function spki(publicKey: KeyObject): Buffer<ArrayBufferLike> {
  return publicKey.export({ type: "spki", format: "der" });
}

function name(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function pem(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
