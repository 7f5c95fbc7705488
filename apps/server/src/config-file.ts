import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import { isOption } from "./check-options.ts";
import type { Config } from "./config.ts";
import { serveModules } from "./config-modules.ts";
import { scrub } from "./http/scrub.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import type { MetadataSchemas } from "./services/accounts/metadata.ts";
import { StartError } from "./start-error.ts";

/** What the environment says of an issuer, and code does not. */
const environment = {
  issuer: "COUNTERSIGN_ISSUER",
  database: "COUNTERSIGN_DATABASE_URL",
  masterKeys: "COUNTERSIGN_MASTER_KEY_FILE",
  lifetimes: "COUNTERSIGN_ACCESS_TOKEN_LIFE, COUNTERSIGN_SESSION_IDLE and COUNTERSIGN_SESSION_LIFE",
  logger: "COUNTERSIGN_LOG_LEVEL",
  world: "nothing: the clock is the machine's",
} as const satisfies Partial<Record<keyof IssuerOptions, string>>;

/** What either may say, but not both. */
const either = {
  signUp: "COUNTERSIGN_SIGN_UP",
  audiences: "COUNTERSIGN_AUDIENCES",
  algorithm: "COUNTERSIGN_ALGORITHM",
} as const;

/** What a `countersign.config.ts` may say: all options of an issuer but those that the environment says. */
export type ConfigFile<
  C extends z.ZodType<object> = z.ZodType<object>,
  M extends MetadataSchemas = MetadataSchemas,
> = Omit<IssuerOptions<C, M>, keyof typeof environment>;

/** Types for the default export of a `countersign.config.ts`; gives back what it gets. */
export function defineConfig<C extends z.ZodType<object>, M extends MetadataSchemas>(
  config: ConfigFile<C, M>,
): ConfigFile<C, M> {
  return config;
}

const NAME = "countersign.config";
const extensions = ["ts", "mts", "js", "mjs"];

/**
 * Reads what code says about the standalone issuer: the default export of the given file, or of `countersign.config.ts`
 * (`.mts`, `.js`, `.mjs`) in a folder; nothing where there is none. The file is run as this program.
 *
 * Does not check: what the options hold; the issuer does, with a sentence of its own.
 *
 * @throws {StartError} with a sentence, for a file that cannot be run, or says what it may not
 */
export async function readConfigFile({ configFile, ...config }: Config, folder: string): Promise<ConfigFile> {
  const file = configFile ?? findIn(folder);
  if (file === undefined) return {};
  const options = await run(file);
  if (!isTable(options))
    throw new StartError(`${file} must export options by default: export default defineConfig({ … })`);
  const wrong = Object.keys(options).flatMap((name) => judge(name, config) ?? []);
  if (wrong.length > 0) throw new StartError(wrong.map((sentence) => `${file}: ${sentence}`).join("\n"));
  return options;
}

function findIn(folder: string): string | undefined {
  const found = extensions.map((extension) => join(folder, `${NAME}.${extension}`)).filter((file) => existsSync(file));
  if (found.length > 1) throw new StartError(`There are ${found.join(" and ")}: keep one.`);
  return found[0];
}

async function run(file: string): Promise<unknown> {
  if (!existsSync(file)) throw new StartError(`${file} is not there: correct COUNTERSIGN_CONFIG_FILE.`);
  serveModules();
  try {
    const module: { readonly default?: unknown } = await import(/* @vite-ignore */ pathToFileURL(file).href);
    return module.default;
  } catch (cause) {
    // The first line: what follows may show the source, and with it a secret.
    const said = cause instanceof Error ? `${cause.name}: ${cause.message.split("\n")[0]}` : "it threw no error";
    throw new StartError(`${file} cannot be run. ${scrub(said)}`, { cause });
  }
}

function judge(name: string, config: Omit<Config, "configFile">): string | undefined {
  if (Object.hasOwn(environment, name)) {
    return `${name} is not said here; the environment says it, by ${environment[name as keyof typeof environment]}.`;
  }
  if (Object.hasOwn(either, name) && config[name as keyof typeof either] !== undefined) {
    return `${name} is said here and by ${either[name as keyof typeof either]}: say it once.`;
  }
  return isOption(name) ? undefined : `${name} is not an option.`;
}

function isTable(value: unknown): value is ConfigFile {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
