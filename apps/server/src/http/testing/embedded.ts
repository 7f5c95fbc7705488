import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type Issuer, type IssuerOptions } from "../../issuer.ts";

export const EMBEDDED = "https://acme.example/auth";
export const APP = "https://app.example";
export const person = { email: "ann@example.com", name: "Ann", password: "seven plums in winter" };

/** An issuer in a program of somebody's, under a path, and how to be rid of it. */
export async function openEmbedded(options: Partial<IssuerOptions> = {}): Promise<Issuer> {
  const folder = mkdtempSync(join(tmpdir(), "countersign-embedded-"));
  const issuer = await createIssuer({
    issuer: EMBEDDED,
    database: { sqlite: join(folder, "issuer.db") },
    masterKeys: { file: join(folder, "master-key") },
    signUp: "open",
    clients: [{ id: "app", name: "App", mode: "cookie", origins: [APP], audiences: [EMBEDDED] }],
    ...options,
  });
  const close = async () => {
    await issuer.close();
    rmSync(folder, { recursive: true });
  };
  return { ...issuer, close };
}
