import { useEffect, useSyncExternalStore } from "react";
import type { SessionState } from "../session/session-state.ts";
import { useCountersign } from "./context.ts";

/** A server that renders a page knows nobody; what it rendered is what the browser starts with. */
const onServer: SessionState = { status: "unknown" };

/** Who is signed in, as it is known now; renders again when that changes. */
export function useSession(): SessionState {
  const { session } = useCountersign();
  return useSyncExternalStore(
    session.subscribe,
    () => session.state,
    () => onServer,
  );
}

/** Calls back when it is somebody else, or nobody: what was cached for the account before must go. */
export function useAccountChange(listener: (account: string | undefined, before: string | undefined) => void): void {
  const { session } = useCountersign();
  useEffect(() => session.onAccountChange(listener), [session, listener]);
}
