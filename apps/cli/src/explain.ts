import { reasonOf } from "@countersign/client";
import { CommanderError } from "commander";
import { type Exit, meanings } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
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
  if (error instanceof CommanderError) return { exit: "usage", says: error.message.replace(/^error: /, "") };
  const reason = reasonOf(error);
  const meaning = meanings[reason];
  if (reason !== "network") return { ...meaning, reason, ...detailOf(error) };
  const { code, says, next } = explainUnreachable(error);
  return { ...meaning, says, next, reason: code ?? reason };
}

/** An explanation for a terminal. What came from elsewhere cannot move its cursor. */
export function forPeople(
  { says, next, reason, status, retryAfter }: Explanation,
  warn: (text: string) => string,
): string {
  const facts = [reason, status].filter((fact) => fact !== undefined).join(", ");
  const wait = retryAfter === undefined ? undefined : `In ${retryAfter} s it may work.`;
  const lines = [`${warn("countersign:")} ${says}${facts && ` (${facts})`}`, wait, next];
  return lines
    .flatMap((line) => line?.split("\n") ?? [])
    .map(safeText)
    .map((line) => `${line}\n`)
    .join("");
}

/** The same for a program: one object, `error` and `exit` always there. */
export function forPrograms({ exit, says, next, ...facts }: Explanation): string {
  const error = facts.reason ?? exit;
  return `${safeJson({ error, exit: exits[exit].code, message: says, next, ...facts })}\n`;
}
