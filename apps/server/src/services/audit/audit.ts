import type { World } from "@countersign/tokens";
import type { AuditEntry, NumberedEntry } from "../../store/records.ts";
import type { AuditFilter, Page, Queries } from "../../store/store.ts";
import { type Actor, actorIdOf, type Caller } from "../caller.ts";
import { createId } from "../ids.ts";
import { type AuditEvent, auditEvents, eventsNamed } from "./audit-events.ts";

/** What is written down. */
interface AuditNote {
  readonly event: AuditEvent;
  /** Database time in milliseconds. */
  readonly at: number;
  /** Who asked; an actor is written down with its session. */
  readonly by: Caller | Actor;
  /** Account that acted, where `by` does not say. */
  readonly actor?: string | undefined;
  /** What it was done to. */
  readonly subject?: string | undefined;
  readonly session?: string | undefined;
  /** Never a secret, and nothing that somebody may have typed into the wrong field. */
  readonly detail?: AuditEntry["detail"] | undefined;
}

export interface Audit {
  /**
   * Newest first. `event` is one event or a kind of them: `session` stands for every `session.…`.
   *
   * @throws {Refusal} `bad_request` for an event that does not exist
   */
  list(page: Page & AuditFilter & { readonly event?: string | undefined }): Promise<readonly NumberedEntry[]>;
}

export interface AuditWriter {
  /** Writes inside the transaction of what it records, so that neither is there without the other. */
  write(queries: Queries, note: AuditNote): Promise<void>;
}

export function createAudit({ store, world }: { store: Queries; world: World }): Audit & AuditWriter {
  return {
    list: async (page) => store.audit.list({ ...page, event: page.event && eventsNamed(page.event) }),
    write: (queries, { event, at, by, actor, subject, session, detail }) =>
      queries.audit.append({
        id: createId(world),
        at,
        event,
        outcome: auditEvents[event],
        actor: actor ?? actorIdOf(by),
        subject: subject ?? null,
        session: session ?? ("session" in by ? by.session : null),
        address: by.address,
        detail: detail ?? {},
      }),
  };
}
