import { createHash, X509Certificate } from "node:crypto";
import { type Browser, chromium } from "playwright-core";
import { findChromium, type Kind } from "./chromium-setup.ts";

const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/**
 * A real Chromium, without a window, that trusts one certificate beside the system's.
 *
 * @param certificate in PEM
 */
export async function openChromium(certificate: string, kind: Kind = "shell"): Promise<Browser> {
  const executablePath = findChromium(kind);
  if (executablePath === undefined) {
    throw new Error("these tests need Chromium in /usr/bin. On Debian: apt-get install chromium");
  }
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  const trusted = createHash("sha256").update(key).digest("base64");
  return await chromium.launch({
    executablePath,
    // Playwright turns it off; people have it.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args: [...FLAGS.split(" "), `--ignore-certificate-errors-spki-list=${trusted}`],
  });
}
