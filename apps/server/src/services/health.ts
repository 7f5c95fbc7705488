import type { Store } from "../store/store.ts";
import type { Revocations } from "./revocation/revocations.ts";

/** Whether this instance can serve. */
export interface Health {
  /** @throws {Refusal} `unavailable` without a database, `revocation_unknown` where its facts are too old to judge by */
  ready(): Promise<void>;
}

export function createHealth({ store, revocations }: { store: Store; revocations: Revocations }): Health {
  return {
    ready: async () => {
      await store.now();
      revocations.assertFresh();
    },
  };
}
