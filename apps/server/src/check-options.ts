import { algorithms } from "@countersign/tokens";
import type { Database, IssuerOptions } from "./issuer-options.ts";
import { checkLimits } from "./services/limits/limits.ts";
import { checkLifetimes } from "./services/sessions/lifetimes.ts";
import { isSchemaName } from "./store/postgres-schema.ts";

type Checks<T> = { readonly [K in keyof Required<T>]: (value: unknown) => string | undefined };

/** What each option must be. */
const checks: Checks<IssuerOptions> = {
  issuer: (value) =>
    unless(
      isIssuerUrl(value),
      "an https URL without credentials, query, fragment or a slash at its end, its path of letters, digits and -._~",
    ),
  database: judgeDatabase,
  masterKeys: judgeMasterKeys,
  signUp: optional((value) => unless(["closed", "invite", "open"].includes(value as string), "closed, invite or open")),
  signUpRoles: optional(aList),
  clients: optional(aList),
  permissions: optional(aList),
  roles: optional(aTable),
  audiences: optional(aList),
  algorithm: optional((value) =>
    unless(
      algorithms.some((one) => one === value),
      algorithms.join(" or "),
    ),
  ),
  lifetimes: optional(aTable),
  limits: optional(aTable),
  signIn: optional(aList),
  claims: optional(aTable),
  metadata: optional(aTable),
  on: optional(aTable),
  mail: optional(aTable),
  world: optional(aTable),
  logger: optional((value) => unless(isTable(value) && typeof value["error"] === "function", "a logger with `error`")),
};

/**
 * Whether these are the options of an issuer, and no others: one that is misspelt would be one that is not set.
 *
 * Does not check: what stands in the lists and tables, but for lifetimes and limits; whoever reads them does.
 *
 * @throws {TypeError} with a sentence that names the option, and none of its values
 */
export function checkIssuerOptions(options: IssuerOptions): void {
  if (!isTable(options)) throw new TypeError("createIssuer takes an object of options");
  const unknown = Object.keys(options).find((name) => !isOption(name));
  if (unknown !== undefined) throw new TypeError(`${unknown}: not an option of an issuer`);
  for (const [name, judge] of Object.entries(checks)) {
    const wanted = judge(options[name]);
    if (wanted !== undefined) throw new TypeError(`${name}: ${wanted}`);
  }
  checkLifetimes(options.lifetimes);
  checkLimits(options.limits);
}

export function isOption(name: string): name is keyof IssuerOptions {
  return Object.hasOwn(checks, name);
}

/** RFC 8414 §2: an https URL, spelt as it will stand in every token. */
export function isIssuerUrl(value: unknown): value is string {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url?.protocol !== "https:") return false;
  // What else a path may hold would mean something to a router, or be spelt in two ways.
  return value === url.origin || (value === url.origin + url.pathname && /^(\/[\w.~-]+)+$/.test(url.pathname));
}

function judgeDatabase(value: unknown): string | undefined {
  const known: ReadonlySet<string> = new Set<KeysOfUnion<Database>>(["sqlite", "postgres", "schema"]);
  const wanted = "{ sqlite: file } or { postgres: connection string or pool, schema? }";
  if (!isTable(value) || !Object.keys(value).every((name) => known.has(name))) return wanted;
  const { sqlite, postgres, schema } = value;
  if (sqlite !== undefined) {
    if (postgres !== undefined || schema !== undefined || typeof sqlite !== "string" || sqlite === "") return wanted;
    // It would be a file of that name, or forget everybody at each start.
    return unless(
      !/^(:memory:|file:)/.test(sqlite),
      "sqlite is the path of a file; for tests, one in a temporary folder",
    );
  }
  const isPool = isTable(postgres) && typeof postgres["connect"] === "function" && isTable(postgres["options"]);
  if (!isPool && (typeof postgres !== "string" || postgres === "")) return wanted;
  const isName = schema === undefined || isSchemaName(schema);
  return unless(isName, "schema is lower case letters, digits and _, and none of PostgreSQL's own");
}

function judgeMasterKeys(value: unknown): string | undefined {
  if (isTable(value)) return unless(typeof value["file"] === "string" && value["file"] !== "", "{ file: path }");
  const isKey = (key: unknown) =>
    typeof key === "string" ? /^[A-Za-z0-9_-]{43}$/.test(key) : key instanceof Uint8Array && key.length === 32;
  const areKeys = Array.isArray(value) && value.length > 0 && value.every(isKey);
  return unless(areKeys, "{ file: path }, or secrets of 32 bytes, as bytes or 43 characters of base64url");
}

type KeysOfUnion<T> = T extends unknown ? keyof T : never;

function unless(right: boolean, wanted: string): string | undefined {
  return right ? undefined : wanted;
}

function optional(judge: (value: unknown) => string | undefined) {
  return (value: unknown) => (value === undefined ? undefined : judge(value));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function aTable(value: unknown): string | undefined {
  return unless(isTable(value), "an object");
}

function aList(value: unknown): string | undefined {
  return unless(Array.isArray(value), "a list");
}
