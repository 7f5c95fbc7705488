import { join } from "node:path";
import { createIssuer } from "@countersign/server";
import { access } from "./access.ts";
import { dataDir, origin } from "./config.ts";

const url = `${origin}/auth`;

export const issuer = await createIssuer({
  issuer: url,
  database: { sqlite: join(dataDir, "issuer.db") },
  masterKeys: { file: join(dataDir, "master-key") },
  audiences: [access],
  clients: [{ id: "web", name: "Notes", mode: "cookie", origins: [origin], audiences: [url, access.audience] }],
  signUp: "open",
  signUpRoles: ["reader"],
});
