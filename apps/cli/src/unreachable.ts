import type { Meaning } from "./exit-codes.ts";

type Told = Pick<Meaning, "says" | "next">;

const check = "Is it running, and is the address right? Change it with --url or COUNTERSIGN_URL.";
const untrusted: Told = {
  says: "The server's certificate is signed by an authority that this machine does not trust.",
  next: "Give the authority's certificate with --ca FILE; for a server on this machine, its folder with COUNTERSIGN_DATA_DIR.",
};
const notTls: Told = { says: "Something answers there, but not over TLS.", next: check };
const noHost: Told = { says: "There is no such host.", next: check };

/** What the codes of Node's network and TLS errors mean for the person at the terminal. */
const told: Readonly<Record<string, Told>> = {
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_HAS_EXPIRED: { says: "The server's certificate has expired.", next: "Whoever runs the server has to renew it." },
  CERT_NOT_YET_VALID: { says: "The server's certificate is not valid yet.", next: "Is this machine's clock right?" },
  ERR_TLS_CERT_ALTNAME_INVALID: { says: "The server's certificate is for another name.", next: check },
  EPROTO: notTls,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ECONNREFUSED: { says: "Nothing answers there.", next: check },
  ENOTFOUND: noHost,
  EAI_AGAIN: noHost,
};

/** Says why a server could not be reached, as far as the causes of an error tell. */
export function explainUnreachable(error: unknown): Told & { readonly reason: "network"; readonly code?: string } {
  for (const code of codesOf(error)) {
    const known = Object.hasOwn(told, code) ? told[code] : undefined;
    if (known) return { reason: "network", code, ...known };
  }
  return { reason: "network", says: "The server cannot be reached.", next: check };
}

/** The codes along an error's causes, and of the several attempts that one connection may be made of. */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== "object" || error === null || depth > 8) return [];
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  return [
    ...(typeof code === "string" ? [code] : []),
    ...codesOf(cause, depth + 1),
    ...(Array.isArray(errors) ? errors.flatMap((one) => codesOf(one, depth + 1)) : []),
  ];
}
