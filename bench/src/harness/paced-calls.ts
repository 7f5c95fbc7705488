import { startLoad } from "./load-process.ts";
import type { PacedCall, PacedCalls } from "./paced-calls-process.ts";

const PACED = new URL("./paced-calls-process.ts", import.meta.url);

/** Calls at a fixed rate with these tokens, one after the other. */
export async function pacedCalls(job: PacedCalls): Promise<readonly PacedCall[]> {
  return await startLoad<PacedCalls, readonly PacedCall[]>(PACED, job).outcome;
}
