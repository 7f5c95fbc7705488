import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "@countersign/tokens";
import type { CertificateSource, Pair } from "./pair.ts";
import { writeFileAtomically } from "./private-file.ts";
import { repeat } from "./repeat.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const LEAF_RENEWED_BEFORE_MS = 30 * DAY_MS;
/** Late, because a new authority must be trusted anew by hand. */
const AUTHORITY_RENEWED_BEFORE_MS = 7 * DAY_MS;

/**
 * Certificates for this machine under an authority of its own, made and renewed as needed: at start, and daily while
 * somebody watches. `ca.pem` may be read by everyone, the private files by their owner only.
 */
export async function devCertificates(
  directory: string,
  world: World,
  { everyMs = DAY_MS, onError = (_error: unknown) => {} } = {},
): Promise<CertificateSource> {
  let pair = await renewed(directory, world);
  return {
    pair,
    watch(onChange) {
      return repeat(everyMs, async () => {
        try {
          const next = await renewed(directory, world);
          if (next.cert === pair.cert) return;
          pair = next;
          onChange(next);
        } catch (error) {
          onError(error);
        }
      });
    },
  };
}

async function renewed(directory: string, world: World): Promise<Pair> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(directory, name);
  const now = world.now();
  let authority = await readPair(at("ca.pem"), at("ca-key.pem"));
  if (!authority || !lives(authority, now + AUTHORITY_RENEWED_BEFORE_MS)) {
    const { makeAuthority } = await import("./authority.ts"); // an ASN.1 library that most starts need not load
    authority = makeAuthority(world);
    await writeFileAtomically(at("ca-key.pem"), authority.key);
    await writeFileAtomically(at("ca.pem"), authority.cert, 0o644);
  }
  const leaf = await readPair(at("leaf.pem"), at("leaf-key.pem"));
  if (leaf && isUnder(leaf, authority) && (lives(leaf, now + LEAF_RENEWED_BEFORE_MS) || endsWith(leaf, authority))) {
    return leaf;
  }
  const { makeLeaf } = await import("./authority.ts");
  const made = makeLeaf(authority, world);
  await writeFileAtomically(at("leaf-key.pem"), made.key);
  await writeFileAtomically(at("leaf.pem"), made.cert);
  return made;
}

/** A pair that is there and belongs together; half of one, after a crash between two writes, is none. */
async function readPair(certFile: string, keyFile: string): Promise<Pair | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
  } catch (error) {
    if (isUnreadable(error)) throw error;
    return undefined;
  }
}

/** What another start would not make better: a file that may not be read, a failing disk. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && "code" in error && error.code !== "ENOENT";
}

function lives(pair: Pair, at: number): boolean {
  return new X509Certificate(pair.cert).validToDate.getTime() > at;
}

function endsWith(leaf: Pair, authority: Pair): boolean {
  return new X509Certificate(leaf.cert).validTo === new X509Certificate(authority.cert).validTo;
}

function isUnder(leaf: Pair, authority: Pair): boolean {
  const issuer = new X509Certificate(authority.cert);
  const certificate = new X509Certificate(leaf.cert);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
