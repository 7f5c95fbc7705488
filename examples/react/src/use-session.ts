import { useSyncExternalStore } from "react";
import { session } from "./countersign.ts";

/** Who is signed in, as it changes. */
export const useSession = () => useSyncExternalStore(session.subscribe, () => session.state);
