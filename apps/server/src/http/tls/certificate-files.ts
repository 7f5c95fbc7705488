import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import type { CertificateSource, Pair } from "./pair.ts";
import { repeat } from "./repeat.ts";

export interface CertificateFilesOptions {
  readonly cert: string;
  readonly key: string;
  /** The host that clients ask for: the certificate must be for it. */
  readonly host: string;
  /** How long until the files are read again, in milliseconds. */
  readonly everyMs?: number;
  /** Hears why a changed pair is not used. */
  readonly onError?: (error: unknown) => void;
}

const INTERVAL_MS = 2_000;

/**
 * Certificates that somebody else writes. The files are read again and again instead of waiting for a file system's
 * events, which links, mounted secrets and renames escape. A pair that cannot be used changes nothing: the earlier one
 * goes on.
 *
 * Does not check: the chain to an authority, and when the certificate ends.
 *
 * @throws {Error} for a pair that cannot be used, with a sentence that says why.
 */
export async function certificateFiles(options: CertificateFilesOptions): Promise<CertificateSource> {
  const pair = await readPair(options);
  await judge(pair, options);
  return {
    pair,
    watch(onChange) {
      let seen = pair;
      let complaint = "";
      return repeat(options.everyMs ?? INTERVAL_MS, async () => {
        try {
          const next = await readPair(options);
          if (next.cert === seen.cert && next.key === seen.key) return;
          seen = next; // whatever comes of it: it is said once
          await judge(next, options);
          complaint = "";
          onChange(next);
        } catch (error) {
          if (String(error) !== complaint) options.onError?.(error);
          complaint = String(error);
        }
      });
    },
  };
}

async function readPair(options: CertificateFilesOptions): Promise<Pair> {
  // One after the other, so that of two missing files it is always the first that is named.
  const cert = await read(options.cert);
  return { cert, key: await read(options.key) };
}

/** @throws {Error} for a pair that does not serve */
async function judge(pair: Pair, options: CertificateFilesOptions): Promise<void> {
  await assertPrivate(options.key);
  const certificate = parsed(options.cert, () => new X509Certificate(pair.cert));
  const privateKey = parsed(options.key, () => createPrivateKey(pair.key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`${options.key} is not the key of ${options.cert}: give a pair that belongs together.`);
  }
  if (!isFor(certificate, options.host)) {
    throw new Error(`${options.cert} is not for ${options.host}, the host of COUNTERSIGN_ISSUER.`);
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Error(`${file} cannot be read: check that it exists and that this user may read it.`, { cause });
  }
}

/** A group that serves certificates may read the key; everybody may not. */
async function assertPrivate(file: string): Promise<void> {
  if (process.platform === "win32" || ((await stat(file)).mode & 0o007) === 0) return;
  throw new Error(`${file} may be read by everyone: chmod o= ${file}`);
}

function parsed<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(`${file} is not what it should be: a PEM file without a passphrase.`, { cause });
  }
}

function isFor(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return (isIP(bare) > 0 ? certificate.checkIP(bare) : certificate.checkHost(bare)) !== undefined;
}
