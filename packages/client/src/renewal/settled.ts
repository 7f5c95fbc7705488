import type { Mode } from "../mode.ts";
import type { Answer } from "./ask.ts";
import { judgeRefresh } from "./refresh.ts";

/** What an answer to `/session/end` means: whether the server knows of it, or will never want to. */
export function isSettled(answer: Answer, mode: Mode["mode"]): boolean {
  if ("status" in answer && answer.status === 204) return true;
  const { kind } = judgeRefresh(answer, mode);
  return kind === "rejected" || kind === "refused";
}
