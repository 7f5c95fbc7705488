import { Refusal } from "@countersign/tokens";
import type { z } from "zod";
import type { Subject } from "../verify/verifier.ts";

interface CommonPrincipal<P extends string> {
  /** The stable identifier: an account's, or a service's client id. Unique within the issuer. */
  readonly id: string;
  /** The client that the token was issued to. */
  readonly client: string;
  /** The permissions of this API that the token carries. */
  readonly permissions: ReadonlySet<P>;
  /** Whether the token carries a permission. */
  can(permission: P): boolean;
}

/** Somebody who signed in. */
export interface AccountPrincipal<P extends string = string, Claims = unknown> extends CommonPrincipal<P> {
  readonly kind: "account";
  /** The sign-in that this belongs to. Our own issuer always names it; another may not. */
  readonly session: string | null;
  /** The organisation that the account acts in. */
  readonly org: string | null;
  /**
   * When the person last proved who they are, in seconds since the epoch. Refreshing does not move it. `null` where an
   * issuer other than ours does not say, so take it for long ago.
   */
  readonly authTime: number | null;
  /** How they proved it (RFC 8176); empty where an issuer other than ours does not say. */
  readonly amr: readonly string[];
  /** With one factor or two; one where nobody says. */
  readonly acr: "1fa" | "2fa";
  /** The installation's own claims, as the schema given to `createGuard({ claims })` read them. */
  readonly claims: Claims;
}

/** A program that acts for itself. */
export interface ServicePrincipal<P extends string = string> extends CommonPrincipal<P> {
  readonly kind: "service";
}

/** Who a verified request comes from. */
export type Principal<P extends string = string, Claims = unknown> = AccountPrincipal<P, Claims> | ServicePrincipal<P>;

/** What this API makes of a token. */
export interface PrincipalRules<P extends string, Claims> {
  readonly permissions: ReadonlySet<P>;
  readonly claims: z.ZodType<Claims>;
}

/**
 * Who a call comes from, made from what its token says. Deeply frozen, because requests that carry the same token share
 * it. Permissions that this API does not know are left out.
 *
 * Does not check: the token, and whether it still holds.
 *
 * @throws {Refusal} `token_invalid` where the installation's own claims are not as this API expects them.
 */
export function principalOf<P extends string, Claims>(
  subject: Subject,
  rules: PrincipalRules<P, Claims>,
): Principal<P, Claims> {
  const granted = new Set(
    subject.permissions.filter((name): name is P => (rules.permissions as ReadonlySet<string>).has(name)),
  );
  const common = {
    id: subject.id,
    client: subject.client,
    permissions: readOnly(granted),
    can: (permission: P) => granted.has(permission),
  };
  if (subject.kind === "service") return Object.freeze({ kind: "service", ...common });
  return Object.freeze({
    kind: "account",
    ...common,
    session: subject.session,
    org: subject.org,
    authTime: subject.authTime,
    amr: Object.freeze([...subject.amr]),
    acr: subject.acr,
    claims: ownClaims(subject.claims, rules.claims),
  });
}

function ownClaims<Claims>(claims: object, schema: z.ZodType<Claims>): Claims {
  const parsed = schema.safeParse(claims);
  if (!parsed.success)
    throw new Refusal("token_invalid", { detail: "own claims of the wrong shape", cause: parsed.error });
  return deepFreeze(parsed.data);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

/** A copy: `can` never asks it, so whoever casts their way into it changes nothing. */
function readOnly<T>(set: ReadonlySet<T>): ReadonlySet<T> {
  const refuse = () => {
    throw new TypeError("a principal's permissions cannot be changed");
  };
  return Object.freeze(Object.assign(new Set(set), { add: refuse, delete: refuse, clear: refuse }));
}
