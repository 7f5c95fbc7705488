import { systemWorld } from "@countersign/tokens";
import { devCertificates } from "./http/tls/dev-certificates.ts";

/**
 * A certificate for localhost under an authority of its own, in PEM: for a server of yours on your own machine. Both are
 * made where they are missing, and renewed when it is time; trust `ca.pem` in the folder.
 *
 * Does not check: whether anybody trusts it. It renews nothing while the server runs: it is good for 30 days at least.
 */
export async function devCertificate(directory: string): Promise<{ readonly cert: string; readonly key: string }> {
  const { pair } = await devCertificates(directory, systemWorld);
  return pair;
}
