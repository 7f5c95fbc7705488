import type { AccessDeclaration } from "@countersign/guard";
import { config } from "./config.ts";

/** What may be done here, and the roles that this API brings along. The guard checks it, the issuer is told of it. */
export const access = {
  audience: config.audience,
  permissions: ["notes:read", "notes:write", "notes:moderate"],
  roles: {
    "notes-writer": { description: "Keeps notes", permissions: ["notes:read", "notes:write"] },
    "notes-moderator": { description: "Answers for everybody's notes", permissions: ["notes:moderate"] },
  },
} as const satisfies AccessDeclaration;
