import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import tls from "node:tls";
import type { Environment } from "./environment.ts";
import { Failure } from "./failure.ts";

/**
 * Makes this process trust more certificate authorities, before its first connection: the one of `--ca FILE`, or for a
 * server on this machine the development CA that it left in its data directory. Verification itself is never touched.
 *
 * @returns how many certificates were added
 * @throws {Failure} `localFile` when a given file cannot be used; one that was only found is passed over
 */
export function trustAuthorities(url: URL, given: string | undefined, environment: Environment): number {
  const found =
    given === undefined
      ? places(url, environment).map((file) => readCertificates(file) ?? [])
      : [readCertificates(resolve(environment.folder, given)) ?? refuse(given)];
  const certificates = found.flat();
  if (certificates.length > 0) {
    tls.setDefaultCACertificates([...tls.getCACertificates("default"), ...certificates]);
  }
  return certificates.length;
}

/** Where a development CA may lie, for a server on this machine only: elsewhere a file on this disk proves nothing. */
function places(url: URL, { dataDir, folder }: Environment): string[] {
  if (!isLoopback(url)) return [];
  const folders = dataDir === undefined ? [join(folder, "data"), ...workspaceData()] : [resolve(folder, dataDir)];
  return [...new Set(folders)].map((data) => join(data, "ca.pem"));
}

/** Whether a URL names this machine: localhost and the loopback addresses, not a name that happens to lead here. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127(\.\d+){3}$/.test(url.hostname);
}

/** The data directory of the workspace that this file belongs to, if it belongs to one. */
function workspaceData(): string[] {
  const root = resolve(import.meta.dirname, "../../..");
  return existsSync(join(root, "pnpm-workspace.yaml")) ? [join(root, "data")] : [];
}

/** The certificates of a PEM file, one or a bundle; undefined where it holds none or cannot be read. */
function readCertificates(file: string): string[] | undefined {
  try {
    const pem = readFileSync(file, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
    return pem?.map((one) => new X509Certificate(one).toString());
  } catch {
    return undefined;
  }
}

function refuse(file: string): never {
  throw new Failure(
    "localFile",
    `No certificate can be read in ${file}.`,
    "Give a PEM file that you may read: --ca FILE",
  );
}
