import { type ForeignClaims, Refusal } from "@countersign/tokens";
import type { Subject } from "../verify/verifier.ts";
import type { FromClaims, OidcSettings } from "./oidc-options.ts";

type Rules = Pick<OidcSettings, "permissions" | "client" | "org" | "isService" | "twoFactor">;

/**
 * Whom another issuer's token speaks for. What it does not say is `null`, empty or the weakest (ASVS 6.8.4).
 *
 * Does not check: that the permissions are this API's; those that are not do nothing.
 *
 * @throws {Refusal} `token_invalid` where a claim that was named is not what it should be.
 * @throws {TypeError} where a function of the options answers something else than it should; whatever it throws.
 */
export function subjectOfClaims(claims: ForeignClaims, rules: Rules): Subject {
  const client = clientIn(claims, rules.client);
  const common = { id: claims.sub, client, permissions: permissionsIn(claims, rules.permissions) };
  if (isProgram(claims, client, rules.isService)) return { kind: "service", ...common };
  return {
    kind: "account",
    ...common,
    session: claims.sid ?? null,
    org: rules.org === undefined ? null : textIn(claims, rules.org),
    authTime: claims.auth_time ?? null,
    amr: claims.amr ?? [],
    acr: rules.twoFactor(claims) === true ? "2fa" : "1fa",
    claims,
  };
}

function isProgram(claims: ForeignClaims, client: string, rule: Rules["isService"]): boolean {
  // RFC 9068 §5: the subject of a program's token is the program.
  if (rule === "sub-is-client") return claims.sub === client;
  const answer: unknown = rule(claims);
  return typeof answer === "boolean" ? answer : unfit(rule);
}

function permissionsIn(claims: ForeignClaims, from: FromClaims<readonly string[]>): readonly string[] {
  const value = read(claims, from) ?? [];
  // RFC 6749 §3.3
  const names = typeof value === "string" ? value.split(" ").filter((name) => name !== "") : value;
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
  return isList ? names : unfit(from);
}

function clientIn(claims: ForeignClaims, from: FromClaims<string>): string {
  return textIn(claims, from) ?? unfit(from);
}

function textIn(claims: ForeignClaims, from: FromClaims<string | null>): string | null {
  const value = read(claims, from) ?? null;
  return value === null || (typeof value === "string" && value !== "") ? value : unfit(from);
}

function read(claims: ForeignClaims, from: FromClaims<unknown>): unknown {
  if (typeof from === "function") return from(claims);
  return Object.hasOwn(claims, from) ? claims[from] : undefined;
}

function unfit(from: FromClaims<unknown>): never {
  if (typeof from === "function") throw new TypeError("a function of the claims answered what it should not");
  throw new Refusal("token_invalid", { detail: `the claim ${from} is missing or of the wrong shape` });
}
