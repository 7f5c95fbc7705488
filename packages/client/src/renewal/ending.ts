import type { SessionStore } from "../keeping/session-store.ts";
import type { Mode } from "../mode.ts";
import type { Holder } from "../session/holder.ts";
import type { Exclusive } from "../tabs/exclusive.ts";
import type { Ask } from "./ask.ts";
import { isSettled } from "./settled.ts";

export interface EndingDeps {
  /** Id of this app. */
  readonly client: string;
  readonly mode: Mode["mode"];
  readonly ask: Ask;
  readonly store: SessionStore;
  readonly holder: Holder;
  readonly exclusive: Exclusive;
}

/**
 * Tells the server about every session that was signed out here, as far as it can be reached; what is left is tried at the
 * next start. Throws nothing.
 */
export function createEnding({ client, mode, ask, store, holder, exclusive }: EndingDeps): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();

  const endAll = async () => {
    for (const { session, refreshToken } of await store.buried()) {
      const answer = await ask("end", { client, refresh_token: refreshToken });
      if (!isSettled(answer, mode)) return holder.warn({ kind: "end_pending" });
      await store.settle(session);
    }
  };

  return () => {
    last = last.then(() => exclusive(endAll));
    return last;
  };
}
