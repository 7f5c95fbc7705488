import { ClientError, reasonOf } from "@countersign/client";
import { TRPCClientError } from "@trpc/client";
import { CommanderError } from "commander";
import { again, type Exit, exits, meanings, ownReasons } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { InWords } from "./in-words.ts";
import { safeJson, safeLines } from "./safe-text.ts";
import { explainUnreachable } from "./unreachable.ts";

/** Why a command failed, for a person and for a program. */
export interface Explanation {
  readonly exit: Exit;
  /** One sentence. */
  readonly says: string;
  /** What to do next, if there is something to do. */
  readonly next?: string | undefined;
  /** The public reason of a refusal by the server, or `network`. */
  readonly reason?: string | undefined;
  /** The code of a system error: of the network, of TLS, of the disk. */
  readonly code?: string | undefined;
  /** The status that the server answered with. */
  readonly status?: number | undefined;
  /** Seconds until a repetition makes sense. */
  readonly retryAfter?: number | undefined;
}

/**
 * Explains whatever a command can throw. What nobody expected is told by its own message, without a stack. `help` is how
 * to ask for the help of the command: every wrong usage points there.
 */
export function explain(error: unknown, help: string): Explanation {
  if (error instanceof Failure) return ownFailure(error, help);
  if (error instanceof CommanderError) return { exit: "usage", says: misread(error), next: `Help: ${help}` };
  if (error instanceof InWords) return { ...explain(error.cause, help), ...error.words };
  if (!isFromServer(error)) {
    const says = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { exit: "unexpected", says, next: "This is a mistake in this program: please report it." };
  }
  const reason = reasonOf(error);
  if (reason === "network") return { exit: meanings.network.exit, ...explainUnreachable(error) };
  const { exit, says, next } = meanings[reason];
  const details = detailsOf(error);
  return {
    exit,
    says,
    next: next === again && details.retryAfter !== undefined ? undefined : next,
    reason,
    ...details,
  };
}

function ownFailure({ exit, message: says, next, cause }: Failure, help: string): Explanation {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  if (exit !== "usage") return { exit, says, next, code };
  return { exit, says, next: next === undefined ? `Help: ${help}` : `${next.replace(/\.$/, "")}. Help: ${help}`, code };
}

/** What commander could not read, without a value that was typed behind an option: it may be a secret. */
function misread({ code, message }: CommanderError): string {
  if (code === "commander.help") return "A command is missing.";
  const says = message.replace(/^error: /, "");
  const [, typed] = /^unknown option '(.*?)'(?:\n|$)/s.exec(says) ?? [];
  if (code !== "commander.unknownOption" || typed === undefined) return says;
  const [flag = ""] = /^(?:--[^=]*|-.?)/s.exec(typed) ?? [];
  if (flag === "--password" || flag === "-p") return "There is no such option; use --password-stdin.";
  return flag === typed ? says : `There is no option ${flag} that takes a value.`;
}

/** Whether the SDK, or tRPC under it, threw this about an exchange with the server. */
function isFromServer(error: unknown): error is Error {
  return error instanceof ClientError || error instanceof TRPCClientError;
}

/** What a refusal says beside its reason: the SDK's own errors have it themselves, tRPC's in the server's data. */
function detailsOf(error: Error): Pick<Explanation, "status" | "retryAfter"> {
  if (error instanceof ClientError) return { status: error.status, retryAfter: error.retryAfter };
  if (error.cause instanceof ClientError) return detailsOf(error.cause);
  const data: unknown = error instanceof TRPCClientError ? error.data : undefined;
  const { httpStatus, retryAfter } = (data ?? {}) as { httpStatus?: unknown; retryAfter?: unknown };
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  return { status: number(httpStatus), retryAfter: number(retryAfter) };
}

/** An explanation for a terminal. What came from elsewhere cannot move its cursor. */
export function forPeople(
  { says, next, reason, code, status, retryAfter }: Explanation,
  warn: (text: string) => string,
): string {
  const facts = [code ?? reason, status].filter((fact) => fact !== undefined).join(", ");
  const wait = retryAfter === undefined ? undefined : `In ${duration(retryAfter)} it may work.`;
  const lines = [facts === "" ? says : `${says} (${facts})`, wait, next].filter((line) => line !== undefined);
  return `${warn("countersign:")} ${safeLines(lines.join("\n"))}`;
}

/** Whole seconds, and above a minute and a half whole minutes, rounded up. */
function duration(seconds: number): string {
  return seconds > 90 ? `${Math.ceil(seconds / 60)} min` : `${seconds} s`;
}

/** The same for a program: one object; `error` and `exit` are always there. */
export function forPrograms({ exit, says, next, reason = ownReasons[exit], ...rest }: Explanation): string {
  const { code, status, retryAfter } = rest;
  return `${safeJson({ error: reason, exit: exits[exit].code, message: says, next, code, status, retryAfter })}\n`;
}
