import { z } from "zod";

/** The longest life that any access token may have, in seconds. */
export const MAX_TOKEN_LIFE_S = 15 * 60;

/** How far two honest clocks may differ, in seconds, before a time claim is refused. */
export const LEEWAY_S = 30;

/** 9999-12-31T23:59:59Z: a later "time" is milliseconds, infinity or nonsense. */
const LAST_SECOND = 253_402_300_799;

const seconds = z.int().min(0).max(LAST_SECOND);
const version = z.int().min(0);
const id = z.string().min(1).max(255);
/** RFC 6749 §3.3: tokens with one space between; empty when nothing is permitted. */
const scope = z
  .string()
  .max(8192)
  .regex(/^(?:[!#-[\]-~]+(?: [!#-[\]-~]+)*)?$/);
/**
 * 32 bytes in base64url, in their one spelling (RFC 4648 §3.5): a coordinate of a key, or its SHA-256 thumbprint (RFC 7638), as
 * a token that is bound to it names it (RFC 9449 §6.1).
 */
export const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
const confirmation = z.strictObject({ jkt: thumbprint });

const common = {
  iss: id,
  sub: id,
  aud: id,
  exp: seconds,
  iat: seconds,
  jti: id,
  client_id: id,
  scope,
  av: version,
  /** The version of the audience; none is 0. */
  dv: version.optional(),
  cnf: confirmation.optional(),
};

/** An access token of somebody who signed in (RFC 9068 §2.2). */
export const accountClaims = z.strictObject({
  ...common,
  sid: id,
  auth_time: seconds,
  amr: z.array(z.string().min(1).max(32)).min(1).max(8),
  acr: z.enum(["1fa", "2fa"]),
  sv: version,
  org: id.optional(),
  ext: z.record(z.string(), z.json()).optional(),
});

/** An access token of a program: its subject is its client (RFC 9068 §2.2, §5). */
export const serviceClaims = z
  .strictObject(common)
  .refine((claims) => claims.sub === claims.client_id, { error: "a service is its own client", path: ["sub"] });

export type AccountClaims = z.infer<typeof accountClaims>;
export type ServiceClaims = z.infer<typeof serviceClaims>;
export type Claims = AccountClaims | ServiceClaims;

export function isAccountClaims(claims: Claims): claims is AccountClaims {
  return "sid" in claims;
}

/** Names that an installation's own claims may not take, even under `ext`: a reader might take them for ours. */
export const reservedClaims: ReadonlySet<string> = new Set([
  ...Object.keys(accountClaims.shape),
  "nbf",
  "nonce",
  "azp",
  "act",
  "may_act",
  "roles",
  "groups",
  "entitlements",
  "__proto__",
  "constructor",
  "prototype",
]);

/** The permissions that a `scope` names (RFC 6749 §3.3). */
export function permissionsOf(scope: string): string[] {
  return scope === "" ? [] : scope.split(" ");
}
