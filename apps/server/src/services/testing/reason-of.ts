import { type Reason, Refusal } from "@countersign/tokens";

/** The reason for which something is refused; `undefined` where it is not. */
export async function reasonOf(attempt: Promise<unknown>): Promise<Reason | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}
