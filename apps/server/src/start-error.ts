import { Refusal } from "@countersign/tokens";
import { scrub } from "./http/scrub.ts";

/**
 * Why a program does not start, in sentences for the person who started it: what is wrong and what to do. Printed
 * without a stack. Holds no value of a setting, because a setting may be a secret.
 */
export class StartError extends Error {
  override readonly name = "StartError";
}

/**
 * What to tell the person at the terminal of a start that failed, or of something else that did. Never a stack.
 */
export function sentenceFor(error: unknown, failed = "It did not start"): string {
  if (error instanceof StartError) return error.message;
  if (error instanceof Refusal) return `${failed}: ${error.detail ?? error.reason}.${because(error.cause)}`;
  return `${failed}.${because(error)}`;
}

function because(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? ` ${scrub(cause.message)}` : "";
}
