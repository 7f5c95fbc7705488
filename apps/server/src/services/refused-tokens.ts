import type { Session } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { addressGroup } from "./address-group.ts";
import type { AuditWriter } from "./audit.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { Caller } from "./caller.ts";

const MINUTE_MS = 60_000;
/** Records a minute and address. More say nothing new, and would let a stranger fill the database. */
const MOST = 30;

/** Writes down refused refresh tokens. Theft signals are not among them: those are always written. */
export interface RefusedTokens {
  write(
    event: Extract<AuditEvent, "session.refresh_refused" | "session.end_refused">,
    cause: string,
    caller: Caller,
    session?: Session,
  ): Promise<void>;
}

export function createRefusedTokens({ store, audit }: { store: Store; audit: AuditWriter }): RefusedTokens {
  return {
    write: async (event, cause, caller, session) => {
      const at = await store.now();
      const written = await store.attempts.count(`refused-token ${addressGroup(caller.address)}`, MINUTE_MS, at);
      if (written > MOST) return;
      const about = { subject: session?.accountId, session: session?.id };
      await audit.write(store, { event, at, by: caller, ...about, detail: { cause } });
    },
  };
}
