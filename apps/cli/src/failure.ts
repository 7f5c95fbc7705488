import type { Exit } from "./exit-codes.ts";

/** Something expected went wrong on this side of the wire: one sentence, and what to do next. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exit: Exit;
  readonly next: string | undefined;

  constructor(exit: Exit, says: string, next?: string, options?: ErrorOptions) {
    super(says, options);
    this.exit = exit;
    this.next = next;
  }
}
