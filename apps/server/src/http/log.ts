import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from "pino";
import { scrub } from "./scrub.ts";

export type Log = Logger;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Names under which a secret would stand, if anybody logged the object that holds it. */
const secretNames = [
  "authorization",
  "cookie",
  "current",
  "dpop",
  "handoff",
  "key",
  "link",
  "next",
  "password",
  "refreshToken",
  "refresh_token",
  "secret",
  "set-cookie",
  "token",
];
const CAUSES = 5;

/**
 * The log: JSON lines with UTC times (ASVS 16.2.2), on standard error, so that standard output is free for what only the
 * person at the terminal should see. Secrets are kept out by not logging requests, by name, and at last by their looks.
 */
export function createLog(level: LogLevel, sink: DestinationStream = destination({ dest: 2, sync: true })): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: { paths: secretNames.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: "[removed]" },
    },
    { write: (line: string) => sink.write(scrub(line)) },
  );
}

/** An error as the log keeps it: what it says and where, and its causes; no other members, which may hold anything. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message,
    ...pick(error, "reason"),
    ...pick(error, "detail"),
    ...pick(error, "code"),
    stack,
    ...(cause === undefined || depth >= CAUSES ? {} : { cause: describeError(cause, depth + 1) }),
  };
}

/** `detail` of a PostgreSQL error quotes rows; ours is written for the log. */
function pick(error: Error, member: "reason" | "detail" | "code"): object {
  if (member === "detail" && error.name !== "Refusal") return {};
  const value: unknown = Reflect.get(error, member);
  return typeof value === "string" ? { [member]: value } : {};
}
