import { join, resolve } from "node:path";
import type { AccessDeclaration, Algorithm } from "@countersign/tokens";
import { z } from "zod";
import { HOW_TO_MAKE_ONE } from "./master-key.ts";
import { type Settings, settings } from "./settings.ts";
import { StartError } from "./start-error.ts";
import { DEFAULT_SCHEMA } from "./store/postgres-schema.ts";

/** Everything that the program is told from outside, checked once. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** The https URL by which everyone knows this issuer. */
  readonly issuer: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly database: { readonly sqlite: string } | { readonly postgres: string; readonly schema: string };
  readonly tls: TlsConfig;
  /** `chosen`: somebody asked for this port, so that a busy one is a failure and not a warning. */
  readonly plain: { readonly port: number; readonly chosen: boolean } | null;
  readonly masterKeyFile: string;
  /** Absolute; undefined where nobody named one. */
  readonly configFile: string | undefined;
  /** This and the two next: undefined where the environment says nothing, so that code may. */
  readonly signUp: "closed" | "invite" | "open" | undefined;
  /** APIs beside the issuer's own. */
  readonly audiences: readonly AccessDeclaration[] | undefined;
  readonly algorithm: Algorithm | undefined;
  /** In seconds. */
  readonly lifetimes: { readonly accessToken: number; readonly sessionIdle: number; readonly sessionAbsolute: number };
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
}

export type TlsConfig =
  | { readonly mode: "dev" }
  | { readonly mode: "files"; readonly cert: string; readonly key: string }
  | { readonly mode: "proxy"; readonly trusted: readonly string[] };

const PREFIX = "COUNTERSIGN_";
const DEFAULT_PLAIN_PORT = 8080;
/** Settings of the terminal app, which may stand in the same environment. */
const foreign: ReadonlySet<string> = new Set(["COUNTERSIGN_URL"]);

const schema = z.strictObject(settings);

/**
 * Reads the configuration from an environment. An empty variable counts as absent.
 *
 * Does not check: that files exist, that ports are free, that the database answers.
 *
 * @throws {StartError} with one sentence for each thing that is wrong.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(environment).filter(
    ([name, value]) => name.startsWith(PREFIX) && value !== undefined && value !== "" && !foreign.has(name),
  );
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw new StartError(parsed.error.issues.flatMap(sentences).join("\n"));
  const contradictions = rules.filter((rule) => rule.broken(parsed.data)).map((rule) => rule.sentence);
  if (contradictions.length > 0) throw new StartError(contradictions.join("\n"));
  return assemble(parsed.data);
}

function sentences(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== "unrecognized_keys") return [`${issue.path.join(".")} ${issue.message}.`];
  return issue.keys.map(
    (name) => `${name} is not a setting. The README of @countersign/server lists them; correct or remove it.`,
  );
}

/** What settings say together. */
const rules: readonly { readonly sentence: string; broken(s: Settings): boolean }[] = [
  {
    sentence: "COUNTERSIGN_TLS=files needs COUNTERSIGN_TLS_CERT and COUNTERSIGN_TLS_KEY: the PEM files to serve with.",
    broken: (s) => s.COUNTERSIGN_TLS === "files" && !(s.COUNTERSIGN_TLS_CERT && s.COUNTERSIGN_TLS_KEY),
  },
  {
    sentence: "COUNTERSIGN_TLS_CERT and COUNTERSIGN_TLS_KEY are for COUNTERSIGN_TLS=files: set that, or remove them.",
    broken: (s) => s.COUNTERSIGN_TLS !== "files" && Boolean(s.COUNTERSIGN_TLS_CERT || s.COUNTERSIGN_TLS_KEY),
  },
  {
    sentence:
      "COUNTERSIGN_TLS=proxy needs COUNTERSIGN_TRUSTED_PROXIES: the addresses of the proxies that end TLS, such as 10.0.0.5 or 10.0.0.0/24.",
    broken: (s) => s.COUNTERSIGN_TLS === "proxy" && !s.COUNTERSIGN_TRUSTED_PROXIES,
  },
  {
    sentence: "COUNTERSIGN_TRUSTED_PROXIES is for COUNTERSIGN_TLS=proxy: set that, or remove it.",
    broken: (s) => s.COUNTERSIGN_TLS !== "proxy" && Boolean(s.COUNTERSIGN_TRUSTED_PROXIES),
  },
  {
    sentence: "COUNTERSIGN_TLS=proxy needs COUNTERSIGN_ISSUER: the https URL under which the proxy is reached.",
    broken: (s) => s.COUNTERSIGN_TLS === "proxy" && !s.COUNTERSIGN_ISSUER,
  },
  {
    sentence:
      "COUNTERSIGN_TLS=dev makes certificates for localhost only, and COUNTERSIGN_ISSUER names another host: use files or proxy.",
    broken: (s) => s.COUNTERSIGN_TLS === "dev" && new URL(issuerOf(s)).hostname !== "localhost",
  },
  {
    sentence: `COUNTERSIGN_DATABASE_URL with PostgreSQL needs COUNTERSIGN_MASTER_KEY_FILE, one file for all instances. Make it with: ${HOW_TO_MAKE_ONE}`,
    broken: (s) => Boolean(s.COUNTERSIGN_DATABASE_URL) && !s.COUNTERSIGN_MASTER_KEY_FILE,
  },
  {
    sentence: "COUNTERSIGN_DATABASE_SCHEMA is for PostgreSQL: set COUNTERSIGN_DATABASE_URL, or remove it.",
    broken: (s) => Boolean(s.COUNTERSIGN_DATABASE_SCHEMA) && !s.COUNTERSIGN_DATABASE_URL,
  },
  {
    sentence: "COUNTERSIGN_PLAIN_PORT must not be COUNTERSIGN_PORT: choose another, or off.",
    broken: (s) => s.COUNTERSIGN_PLAIN_PORT === s.COUNTERSIGN_PORT,
  },
  {
    sentence: "COUNTERSIGN_SESSION_IDLE must not be longer than COUNTERSIGN_SESSION_LIFE.",
    broken: (s) => s.COUNTERSIGN_SESSION_IDLE > s.COUNTERSIGN_SESSION_LIFE,
  },
];

function assemble(s: Settings): Config {
  const dataDir = resolve(s.COUNTERSIGN_DATA_DIR);
  const postgres = s.COUNTERSIGN_DATABASE_URL;
  return {
    host: s.COUNTERSIGN_HOST,
    port: s.COUNTERSIGN_PORT,
    issuer: issuerOf(s),
    dataDir,
    database: postgres
      ? { postgres, schema: s.COUNTERSIGN_DATABASE_SCHEMA ?? DEFAULT_SCHEMA }
      : { sqlite: join(dataDir, "countersign.db") },
    tls: tlsOf(s),
    plain: plainOf(s),
    masterKeyFile: resolve(s.COUNTERSIGN_MASTER_KEY_FILE ?? join(dataDir, "master-key")),
    configFile: s.COUNTERSIGN_CONFIG_FILE && resolve(s.COUNTERSIGN_CONFIG_FILE),
    signUp: s.COUNTERSIGN_SIGN_UP,
    audiences: s.COUNTERSIGN_AUDIENCES,
    algorithm: s.COUNTERSIGN_ALGORITHM,
    lifetimes: {
      accessToken: s.COUNTERSIGN_ACCESS_TOKEN_LIFE,
      sessionIdle: s.COUNTERSIGN_SESSION_IDLE,
      sessionAbsolute: s.COUNTERSIGN_SESSION_LIFE,
    },
    logLevel: s.COUNTERSIGN_LOG_LEVEL,
  };
}

function issuerOf(s: Settings): string {
  return s.COUNTERSIGN_ISSUER ?? new URL(`https://localhost:${s.COUNTERSIGN_PORT}`).origin;
}

function tlsOf(s: Settings): TlsConfig {
  if (s.COUNTERSIGN_TLS === "proxy") return { mode: "proxy", trusted: s.COUNTERSIGN_TRUSTED_PROXIES ?? [] };
  if (s.COUNTERSIGN_TLS === "dev") return { mode: "dev" };
  return { mode: "files", cert: resolve(s.COUNTERSIGN_TLS_CERT ?? ""), key: resolve(s.COUNTERSIGN_TLS_KEY ?? "") };
}

function plainOf(s: Settings): Config["plain"] {
  const wanted = s.COUNTERSIGN_PLAIN_PORT;
  if (wanted === "off") return null;
  if (wanted !== undefined) return { port: wanted, chosen: true };
  return s.COUNTERSIGN_TLS === "proxy" || s.COUNTERSIGN_PORT === DEFAULT_PLAIN_PORT
    ? null
    : { port: DEFAULT_PLAIN_PORT, chosen: false };
}
