import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * Chromium as people have it, and the same engine without the windows around it, which takes a third of the time and has no
 * back-forward cache.
 */
export type Kind = "whole" | "shell";

/** By Debian's packages; elsewhere the whole one does for both. */
const PACKAGES: Readonly<Record<Kind, string>> = { whole: "chromium", shell: "chromium-headless-shell" };
const ELSEWHERE = ["chromium", "chromium-browser", "google-chrome"];

export const findChromium = (kind: Kind): string | undefined =>
  [PACKAGES[kind], ...ELSEWHERE].map((name) => `/usr/bin/${name}`).find((place) => existsSync(place));

/** Before all tests: installs Debian's, where they are missing and who runs this may do so. */
export function setup(): void {
  const missing = Object.values(PACKAGES).filter((name) => !existsSync(`/usr/bin/${name}`));
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-qq"], { env });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env });
}
