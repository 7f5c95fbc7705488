import { z } from "zod";
import type { Grantable } from "../services/access/roles.ts";

const permission = z.string().min(3).max(129);
const grantable = z.strictObject({ audience: z.string().min(1).max(255), permission });

/** Permissions as they are given: one of another API names its audience, a bare one is the issuer's own. */
export const grants = z.array(z.union([permission, grantable])).max(500);

/** Permissions as they are shown. */
export const granted = z.array(z.object({ audience: z.string(), permission: z.string() })).readonly();

/** Each with its audience, and once. */
export function namedAt(issuer: string, given: z.infer<typeof grants>): Grantable[] {
  const named = given.map((one) => (typeof one === "string" ? { audience: issuer, permission: one } : one));
  return [...new Map(named.map((one) => [`${one.audience} ${one.permission}`, one])).values()];
}
