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
 * What to tell the person at the terminal of a start that failed. Never a stack.
 */
export function sentenceFor(error: unknown): string {
  if (error instanceof StartError) return error.message;
  if (error instanceof Refusal) return `It did not start: ${error.detail ?? error.reason}.${because(error.cause)}`;
  return `It did not start.${because(error)}`;
}

function because(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? ` ${scrub(cause.message)}` : "";
}
