import type { World } from "@countersign/tokens";
import type { Config } from "./config.ts";
import type { Log } from "./http/log.ts";
import { certificateFiles } from "./http/tls/certificate-files.ts";
import { devCertificates } from "./http/tls/dev-certificates.ts";
import type { CertificateSource } from "./http/tls/pair.ts";
import { StartError } from "./start-error.ts";

/**
 * Where the configuration says that certificates come from; nowhere behind a proxy.
 *
 * @throws {StartError} for files that cannot be used.
 */
export async function certificatesOf(config: Config, world: World, log: Log): Promise<CertificateSource | undefined> {
  const onError = (err: unknown) => log.error({ err }, "the certificate was not renewed; the earlier one goes on");
  const { tls } = config;
  if (tls.mode === "proxy") return undefined;
  if (tls.mode === "dev") return await devCertificates(config.dataDir, world, { onError });
  try {
    return await certificateFiles({ ...tls, host: new URL(config.issuer).hostname, onError });
  } catch (cause) {
    throw cause instanceof Error ? new StartError(cause.message, { cause }) : cause;
  }
}
