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
 * The server to talk to: `--url`, else the environment's, else this machine's. With its path, where it has one.
 *
 * @throws {Failure} `usage` unless it is an https URL with nothing secret in it: no credentials, query or fragment
 */
export function serverUrl(globals: Globals, environment: Environment): URL {
  const url = URL.parse(globals.url ?? environment.url ?? DEFAULT_URL);
  const plain = url && url.href === url.origin + url.pathname;
  if (plain && url.protocol === "https:") return url;
  throw new Failure(
    "usage",
    "The server's address has to look like https://auth.example.com or https://example.com/auth.",
    "Mend --url or COUNTERSIGN_URL",
  );
}

/** A server's address as people write it, and as it is compared: without a slash at its end. */
export function addressOf(url: URL): string {
  return url.href.replace(/\/$/, "");
}

/** The profile's name, fit to be a file's. @throws {Failure} `usage` */
export function profileName({ profile = "default" }: Globals): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(profile)) return profile;
  throw new Failure("usage", "A profile's name is made of letters, digits, dots, dashes and underscores.");
}
