import type { Environment } from "./environment.ts";
import { Failure } from "./failure.ts";

/** The options that every command has, as given. */
export interface Globals {
  readonly url?: string;
  readonly email?: string;
  readonly json?: boolean;
  readonly passwordStdin?: boolean;
  readonly profile?: string;
  readonly ca?: string;
}

const DEFAULT_URL = "https://localhost:8443";

/** Their flags and what the help says of them. */
export const globalOptions = [
  ["--url <url>", `the server (or COUNTERSIGN_URL; ${DEFAULT_URL} by default)`],
  ["--email <address>", "who signs in or up, instead of a question"],
  ["--json", "answer for programs: JSON on standard output, errors as JSON on standard error"],
  ["--password-stdin", "read passwords from standard input, one a line, instead of asking"],
  ["--profile <name>", "which of several sign-ins to use ('default' by default)"],
  ["--ca <file>", "trust this certificate authority (PEM) besides the system's"],
] as const;

/**
 * The server to talk to: `--url`, else the environment's, else this machine's.
 *
 * @throws {Failure} `usage` unless it is an https origin: nothing secret in it, no path, no query
 */
export function serverUrl(globals: Globals, environment: Environment): URL {
  const url = URL.parse(globals.url ?? environment.url ?? DEFAULT_URL);
  const plain = url && url.href === `${url.origin}/`;
  if (plain && url.protocol === "https:") return url;
  throw new Failure(
    "usage",
    "The server's address has to look like https://auth.example.com.",
    "Mend --url or COUNTERSIGN_URL",
  );
}

/** The profile's name, fit to be a file's. @throws {Failure} `usage` */
export function profileName({ profile = "default" }: Globals): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(profile)) return profile;
  throw new Failure("usage", "A profile's name is made of letters, digits, dots, dashes and underscores.");
}
