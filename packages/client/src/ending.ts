import type { Answer, Ask } from "./ask.ts";
import type { Holder } from "./holder.ts";
import { judgeRefresh } from "./refresh.ts";
import type { SessionStore } from "./session-store.ts";

export interface EndingDeps {
  /** Id of this app. */
  readonly client: string;
  readonly ask: Ask;
  readonly store: SessionStore;
  readonly holder: Holder;
}

/**
 * Tells the server about every session that was signed out here, as far as it can be reached; what is left is tried at the
 * next start. Throws nothing.
 */
export function createEnding({ client, ask, store, holder }: EndingDeps): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();

  const endAll = async () => {
    for (const { session, refreshToken } of await store.buried()) {
      const answer = await ask("end", { client, refresh_token: refreshToken });
      if (!isSettled(answer)) return holder.warn({ kind: "end_pending" });
      await store.settle(session);
    }
  };

  return () => {
    last = last.then(endAll);
    return last;
  };
}

/** Whether the server knows, or will never want to. */
function isSettled(answer: Answer): boolean {
  if ("status" in answer && answer.status === 204) return true;
  const { kind } = judgeRefresh(answer);
  return kind === "rejected" || kind === "refused";
}
