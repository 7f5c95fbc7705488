import { createServerSessions } from "@countersign/client/server";
import { createIssuer } from "@countersign/server";

export const origin = process.env["APP_URL"] ?? "https://localhost:8443";
export const permissions = ["notes:read", "notes:write"] as const;

/** In this process for the example; elsewhere it is an address, and no more changes than `url` below. */
export const issuer = await createIssuer({
  issuer: `${origin}/auth`,
  database: { sqlite: "data/issuer.db" },
  masterKeys: { file: "data/master-key" },
  permissions,
  roles: { writer: { permissions } },
  clients: [{ id: "pages", name: "Pages", mode: "storage", origins: [], audiences: [`${origin}/auth`] }],
  signUp: "open",
  signUpRoles: ["writer"],
});

export const sessions = createServerSessions({
  url: issuer.issuer,
  client: "pages",
  origin,
  // Without one that stays, everybody signs in again after a restart: openssl rand -base64 32
  secrets: [process.env["SESSION_SECRET"] ?? crypto.getRandomValues(new Uint8Array(32))],
});
