import { isIP } from "node:net";
import { algorithms } from "@countersign/tokens";
import { z } from "zod";
import { isIssuerUrl } from "./check-options.ts";
import { isLoopback } from "./http/loopback.ts";
import { DEFAULT_SCHEMA, isSchemaName } from "./store/postgres-schema.ts";

// Every variable of the environment that the program knows. The README's table is compared with this one.

const DAY_S = 24 * 60 * 60;

const number = (from: number, to: number) =>
  z
    .string()
    .refine((text) => /^[0-9]{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to, {
      error: `must be a whole number from ${from} to ${to}`,
    })
    .transform(Number);

const oneOf = <const V extends string>(...values: V[]) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });

const documented = <T extends z.ZodType>(schema: T, preset: string, description: string): T =>
  schema.meta({ preset, description });

export const settings = {
  COUNTERSIGN_PORT: documented(number(1, 65_535).default(8443), "8443", "The port of the https server."),
  COUNTERSIGN_HOST: documented(
    z
      .string()
      .refine((text) => text === "localhost" || isIP(text) > 0, {
        error: "must be localhost or an address of this machine, such as 0.0.0.0 or ::",
      })
      .default("localhost"),
    "localhost",
    "The address to listen on. `localhost` is 127.0.0.1 and ::1.",
  ),
  COUNTERSIGN_ISSUER: documented(
    z
      .string()
      .refine(isIssuerUrl, {
        error:
          "must be an https URL as browsers write it, such as https://auth.example.com or https://example.com/auth, without a slash at the end",
      })
      .optional(),
    "https://localhost:<port>",
    "The issuer's identifier, and the URL at which everyone reaches it. With a path, everything stands under it.",
  ),
  COUNTERSIGN_CONFIG_FILE: documented(
    z.string().optional(),
    "./countersign.config.ts, if any",
    "What only code can say: see below.",
  ),
  COUNTERSIGN_DATA_DIR: documented(z.string().default("./data"), "./data", "Where files of its own are kept."),
  COUNTERSIGN_DATABASE_URL: documented(
    z
      .string()
      .refine(isPostgresUrl, {
        error: "must be a postgres:// URL; without it the database is SQLite in the data directory",
      })
      .refine(isVerifiedOrLocal, {
        error:
          "names a PostgreSQL on another machine and must say sslmode=verify-full, so that its certificate is verified",
      })
      .optional(),
    "SQLite in the data directory",
    "`postgres://…`. To another machine only with `sslmode=verify-full`.",
  ),
  COUNTERSIGN_DATABASE_SCHEMA: documented(
    z
      .string()
      .refine(isSchemaName, { error: "must be lower case letters, digits and _, and no schema of PostgreSQL's own" })
      .optional(),
    DEFAULT_SCHEMA,
    "With PostgreSQL: the schema that holds the tables. Made where it is missing.",
  ),
  COUNTERSIGN_TLS: documented(
    z
      .enum(["dev", "files", "proxy"], {
        error: ({ input }) =>
          input === "acme" ? "does not know acme yet: use dev, files or proxy" : "must be one of dev, files, proxy",
      })
      .default("dev"),
    "dev",
    "`dev`: certificates of its own for localhost. `files`: yours. `proxy`: a trusted proxy ends TLS.",
  ),
  COUNTERSIGN_TLS_CERT: documented(
    z.string().optional(),
    "",
    "With `files`: PEM file of the certificate and its chain.",
  ),
  COUNTERSIGN_TLS_KEY: documented(z.string().optional(), "", "With `files`: PEM file of the private key."),
  COUNTERSIGN_TRUSTED_PROXIES: documented(
    z
      .string()
      .transform((text) => text.split(",").map((part) => part.trim()))
      .refine((parts) => parts.every(isAddressOrNetwork), {
        error: "must list addresses or networks, separated by commas, such as 10.0.0.5,10.1.0.0/16",
      })
      .optional(),
    "",
    "With `proxy`: addresses or networks of the proxies, separated by commas. Nobody else is served.",
  ),
  COUNTERSIGN_PLAIN_PORT: documented(
    z
      .union([z.literal("off"), number(1, 65_535)], { error: "must be off or a whole number from 1 to 65535" })
      .optional(),
    "8080; `off` with `proxy`",
    "A port without TLS that only sends browsers to the https URL, or `off`.",
  ),
  COUNTERSIGN_MASTER_KEY_FILE: documented(
    z.string().optional(),
    "master-key in the data directory",
    "Keys that encrypt at rest: 32 bytes in base64url a line, the first one encrypts. Mode 0600. Made at first start with SQLite; required with PostgreSQL.",
  ),
  COUNTERSIGN_SIGN_UP: documented(
    oneOf("closed", "invite", "open").optional(),
    "invite",
    "Who may make an account: `closed` nobody, `invite` the invited, `open` anyone.",
  ),
  COUNTERSIGN_AUDIENCES: documented(
    z
      .string()
      .transform(parseAudiences)
      .refine((audiences) => audiences !== undefined, {
        error:
          'must be a JSON object of APIs and their permissions, such as {"https://api.example.com":["notes:read"]}',
      })
      .optional(),
    "",
    'The APIs that accept our tokens, beside our own, as JSON: `{"https://api.example.com":["notes:read"]}`. Only ever added to what is known.',
  ),
  COUNTERSIGN_ALGORITHM: documented(
    oneOf(...algorithms).optional(),
    "EdDSA",
    "What signing keys are made for: `EdDSA` (Ed25519) or `ES256`. A change takes an hour, and nobody notices.",
  ),
  COUNTERSIGN_ACCESS_TOKEN_LIFE: documented(
    number(60, 900).default(300),
    "300",
    "Life of an access token in seconds, 60 to 900.",
  ),
  COUNTERSIGN_SESSION_IDLE: documented(
    number(900, 365 * DAY_S).default(14 * DAY_S),
    "1209600",
    "Seconds without a refresh after which a session ends, 900 to 31536000.",
  ),
  COUNTERSIGN_SESSION_LIFE: documented(
    number(900, 365 * DAY_S).default(90 * DAY_S),
    "7776000",
    "Seconds after which a session ends in any case, 900 to 31536000.",
  ),
  COUNTERSIGN_LOG_LEVEL: documented(
    oneOf("debug", "info", "warn", "error", "silent").default("info"),
    "info",
    "`debug`, `info`, `warn`, `error` or `silent`. The log is JSON lines on standard error.",
  ),
};

export type Settings = z.output<z.ZodObject<typeof settings>>;

/** Does not check: what an audience and a permission look like; the issuer does, with a sentence of its own. */
function parseAudiences(text: string): { audience: string; permissions: string[] }[] | undefined {
  try {
    const parsed = z.record(z.string(), z.array(z.string())).parse(JSON.parse(text));
    return Object.entries(parsed).map(([audience, permissions]) => ({ audience, permissions }));
  } catch {
    return undefined;
  }
}

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);
}

/** A socket or a loopback address needs no TLS; the driver's other modes do not verify, or will not in its next version. */
function isVerifiedOrLocal(text: string): boolean {
  if (!isPostgresUrl(text)) return true;
  const { hostname, searchParams } = new URL(text);
  const host = searchParams.get("host") ?? decodeURIComponent(hostname);
  return host === "" || host.startsWith("/") || isLoopback(host) || searchParams.get("sslmode") === "verify-full";
}

function isAddressOrNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
