import { createIssuer } from "@countersign/server";

export const permissions = ["notes:read", "notes:write"] as const;

/** One a process, whatever imports it. */
export const issuer = await createIssuer({
  issuer: `${process.env["APP_URL"] ?? "https://localhost:8443"}/auth`,
  database: { sqlite: "data/issuer.db" },
  masterKeys: { file: "data/master-key" },
  permissions,
  roles: { writer: { permissions } },
  signUp: "open",
  signUpRoles: ["writer"],
});
