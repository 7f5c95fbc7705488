import { z } from "zod";
import { line } from "./line.ts";
import { isAudience, isPermission } from "./names.ts";
import { type AccessTable, accessTable } from "./policy.ts";

const MOST_PERMISSIONS = 500;
const MOST_ROLES = 100;

export const roleName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, { error: "has to be small letters, digits and dashes, a letter first, 64 at most" });
export const roleDescription = line.max(300);

/** A role that an API brings along. */
export interface DeclaredRole {
  /** What it is for. Said when the role is made; afterwards administrators may say something else. */
  readonly description?: string | undefined;
  /** Of those that the API declares, and of no other's. */
  readonly permissions: readonly string[];
}

/** What one API knows, and the roles that it brings along: the same in code, in a file and on the wire. */
export interface AccessDeclaration {
  /** The API's identifier: its public base URL, exactly as it stands in its tokens. */
  readonly audience: string;
  /** Every permission of the API, each `noun:verb`. */
  readonly permissions: readonly string[];
  /** By name: small letters, digits and dashes. */
  readonly roles?: Readonly<Record<string, DeclaredRole>> | undefined;
  /** Who may call what there, as `guard.seal(router)` says it: apps ask it what to show. It grants nothing. */
  readonly procedures?: AccessTable | undefined;
  /**
   * Whether its tokens are bound to their client's key, where the client proves one (DPoP, RFC 9449): its guard needs `dpop`.
   * What is left out stays; at first they are bearer tokens.
   */
  readonly boundTokens?: boolean | undefined;
}

const permissions = z
  .array(
    z.string().refine(isPermission, { error: ({ input }) => `${JSON.stringify(input)} is not of the form noun:verb` }),
  )
  .max(MOST_PERMISSIONS)
  .superRefine((all, { addIssue }) => {
    for (const [at, one] of all.entries()) {
      if (all.indexOf(one) < at) addIssue({ code: "custom", path: [at], message: `"${one}" stands twice` });
    }
  });

const role = z.strictObject({ description: roleDescription.optional(), permissions });

const roles = z
  // Zod passes over a member of this name in silence; a role that is not made is nothing to be silent about.
  .custom<Readonly<Record<string, DeclaredRole>>>((value) => !Object.hasOwn(Object(value), "__proto__"), {
    error: '"__proto__" is no name of a role',
  })
  .pipe(z.record(roleName, role))
  .refine((all) => Object.keys(all).length <= MOST_ROLES, { error: `has to be ${MOST_ROLES} at most` });

/** Checks a declaration that came from outside. A role may hold only what the declaration itself declares. */
export const accessDeclaration: z.ZodType<AccessDeclaration, AccessDeclaration> = z
  .strictObject({
    audience: z.string().refine(isAudience, {
      error: "has to be the API's public https URL without credentials, query or fragment (http on the loopback only)",
    }),
    permissions,
    roles: roles.optional(),
    procedures: accessTable.optional(),
    boundTokens: z.boolean().optional(),
  })
  .superRefine((declared, { addIssue }) => {
    for (const [name, { permissions }] of Object.entries(declared.roles ?? {})) {
      for (const [at, permission] of permissions.entries()) {
        if (declared.permissions.includes(permission)) continue;
        const path = ["roles", name, "permissions", at];
        addIssue({ code: "custom", path, message: `"${permission}" is none of the declared permissions` });
      }
    }
  });

/**
 * The same for code and files, where somebody can mend it.
 *
 * @throws {TypeError} with the first thing that is wrong, and where: `roles.editor.permissions[0]: …`
 */
export function readAccessDeclaration(value: unknown): AccessDeclaration {
  const { data, error } = accessDeclaration.safeParse(value);
  if (data) return data;
  const [issue] = error.issues;
  const said = issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message;
  const where = (issue?.path ?? [])
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  throw new TypeError([where.replace(/^\./, ""), said].filter(Boolean).join(": "));
}
