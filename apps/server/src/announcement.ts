import { join } from "node:path";
import type { Config } from "./config.ts";
import { terminalApp } from "./terminal-app.ts";

/**
 * What the person at the terminal is told when the server is ready. For standard output and nowhere else: the set-up link
 * is a secret.
 */
export function announcement(config: Config, setUpLink: string | undefined): string {
  const lines = [`Countersign is ready at ${config.issuer}`];
  if (config.tls.mode === "dev") {
    const ca = join(config.dataDir, "ca.pem");
    lines.push(
      "",
      `Its certificate is under a local authority: ${ca}`,
      "The terminal app in this folder trusts it by itself. Elsewhere:",
      `  curl --cacert ${ca} ${config.issuer}/livez`,
      `  NODE_EXTRA_CA_CERTS=${ca} node your-program.js`,
      "  a browser: add the file to your system's or your browser's authorities. It can vouch for localhost only.",
    );
  }
  if (setUpLink !== undefined) {
    lines.push("", "There is no administrator yet. Within 24 hours, run:", `  ${terminalApp} setup '${setUpLink}'`);
  }
  return `${lines.join("\n")}\n`;
}
