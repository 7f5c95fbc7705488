import { createServerSessions } from "@countersign/client/server";
import { createIssuer } from "@countersign/server";
import { once } from "./once.ts";

export const origin = process.env["APP_URL"] ?? "https://localhost:8443";
export const permissions = ["notes:read", "notes:write"] as const;

/** `next build` runs this as well, so it opens the database and makes the keys where they are missing. */
export const issuer = await once("issuer", () =>
  createIssuer({
    issuer: `${origin}/auth`,
    database: { sqlite: "data/issuer.db" },
    masterKeys: { file: "data/master-key" },
    permissions,
    roles: { writer: { permissions } },
    clients: [{ id: "pages", name: "Pages", mode: "storage", origins: [], audiences: [`${origin}/auth`] }],
    signUp: "open",
    signUpRoles: ["writer"],
  }),
);

/** The pages ask the issuer in this process. Of one elsewhere they would know the address alone. */
export const sessions = once("sessions", () =>
  createServerSessions({
    url: issuer.issuer,
    client: "pages",
    origin,
    // Without one that stays, everybody signs in again after a restart: openssl rand -base64 32
    secrets: [process.env["SESSION_SECRET"] ?? crypto.getRandomValues(new Uint8Array(32))],
    fetch: (...request) => issuer.fetch(new Request(...request)),
  }),
);
