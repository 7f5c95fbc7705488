import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

/**
 * A real Chromium, without a window, that trusts one certificate beside the system's. Debian's is installed where there is
 * none and who runs this may do so.
 *
 * @param certificate in PEM
 */
export async function openChromium(certificate: string): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place)) ?? install();
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  const trusted = createHash("sha256").update(key).digest("base64");
  return await chromium.launch({
    executablePath,
    // Playwright turns it off; people have it.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args: [...FLAGS.split(" "), `--ignore-certificate-errors-spki-list=${trusted}`],
  });
}

function install(): string {
  const [first = ""] = PLACES;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `these tests need Chromium: install it, so that ${first} is there. On Debian: apt-get install chromium`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-qq"], { env });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { env });
  return first;
}
