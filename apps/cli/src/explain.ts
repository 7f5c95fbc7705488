import { ClientError, reasonOf } from "@countersign/client";
import { TRPCClientError } from "@trpc/client";
import { CommanderError } from "commander";
import { type Exit, exits, meanings } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { safeJson, safeLines } from "./safe-text.ts";
import { explainUnreachable } from "./unreachable.ts";

/** Why a command failed, for a person and for a program. */
export interface Explanation {
  readonly exit: Exit;
  /** One sentence. */
  readonly says: string;
  /** What to do next, if there is something to do. */
  readonly next?: string | undefined;
  /** The public reason of a refusal by the server, or the code of a network error. */
  readonly reason?: string | undefined;
  /** The status that the server answered with. */
  readonly status?: number | undefined;
  /** Seconds until a repetition makes sense. */
  readonly retryAfter?: number | undefined;
}

/** Explains whatever a command can throw. What nobody expected is told by its own message, without a stack. */
export function explain(error: unknown): Explanation {
  if (error instanceof Failure) return { exit: error.exit, says: error.message, next: error.next };
  if (error instanceof CommanderError) return usage(error);
  if (!isFromServer(error)) {
    const says = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { exit: "unexpected", says, next: "This is a mistake in this program: please report it." };
  }
  const reason = reasonOf(error);
  const { exit, says, next } = meanings[reason];
  if (reason !== "network") return { exit, says, next, reason, ...detailsOf(error) };
  return { exit, ...explainUnreachable(error) };
}

function usage({ code, message }: CommanderError): Explanation {
  const says = code === "commander.help" ? "A command is missing." : message.replace(/^error: /, "");
  return { exit: "usage", says, next: code === "commander.help" ? undefined : "How it goes: countersign --help" };
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
  { says, next, reason, status, retryAfter }: Explanation,
  warn: (text: string) => string,
): string {
  const facts = [reason, status].filter((fact) => fact !== undefined).join(", ");
  const wait = retryAfter === undefined ? undefined : `In ${retryAfter} s it may work.`;
  const lines = [facts === "" ? says : `${says} (${facts})`, wait, next].filter((line) => line !== undefined);
  return `${warn("countersign:")} ${safeLines(lines.join("\n"))}`;
}

/** The same for a program: one object; `error` and `exit` are always there. */
export function forPrograms({ exit, says, next, reason = exit, status, retryAfter }: Explanation): string {
  return `${safeJson({ error: reason, exit: exits[exit].code, message: says, next, status, retryAfter })}\n`;
}
