import type { World } from "@countersign/tokens";
import type { Session } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { AuditEvent } from "../audit/audit-events.ts";
import type { Caller } from "../caller.ts";
import { addressGroup } from "./address-group.ts";
import { createWindowCounter } from "./window-counter.ts";

const MINUTE_MS = 60_000;
/** Records a minute and group of addresses. More say nothing new, and would let a stranger fill the database. */
const MOST = 30;
/** Groups that are told apart: an attacker may have many addresses, and all the rest share one count. */
const GROUPS = 1000;

/** Writes down refused handoffs, refresh tokens and secrets of services. Theft signals are not among them: those are always written. */
export interface RefusedTokens {
  write(
    event: Extract<
      AuditEvent,
      "session.start_refused" | "session.refresh_refused" | "session.end_refused" | "service.token_refused"
    >,
    cause: string,
    caller: Caller,
    of?: Pick<Session, "accountId" | "id"> | { readonly service: string },
  ): Promise<void>;
}

/** Counts in this process, so that what is not written down costs the database nothing. */
export function createRefusedTokens(deps: { store: Store; audit: AuditWriter; world: World }): RefusedTokens {
  const { store, audit, world } = deps;
  const count = createWindowCounter({ world, windowMs: MINUTE_MS, keys: GROUPS });
  return {
    write: async (event, cause, caller, of) => {
      if (count(addressGroup(caller.address)) > MOST) return;
      const about = of && "service" in of ? { subject: of.service } : { subject: of?.accountId, session: of?.id };
      await audit.write(store, { event, at: await store.now(), by: caller, ...about, detail: { cause } });
    },
  };
}
