import type { AccessDeclaration } from "@countersign/guard";
import { origin } from "./config.ts";

/**
 * What may be done at the API, and by whom. The issuer is told of it, the router takes its policies from it, and the app
 * asks it what to show.
 */
export const access = {
  audience: origin,
  permissions: ["notes:read", "notes:write"],
  roles: {
    reader: { description: "Reads the board", permissions: ["notes:read"] },
    writer: { description: "Puts notes on the board", permissions: ["notes:read", "notes:write"] },
  },
  procedures: {
    list: { allowed: ["notes:read"] },
    add: { allowed: ["notes:write"] },
  },
} as const satisfies AccessDeclaration;
