import type { Store } from "../../store/store.ts";
import type { RoleNarrowings } from "../access/role-narrowing.ts";
import type { AuditSealer } from "../audit/audit-sealer.ts";
import type { Clock } from "../clock.ts";
import type { KeyRotation } from "../keys/key-rotation.ts";
import type { Logger } from "../logger.ts";
import type { Outbox } from "../mail/outbox.ts";
import type { FactLog } from "../revocation/fact-log.ts";
import { every } from "./every.ts";
import { prune } from "./housekeeping.ts";
import { PRESENCE_MS, type Presence } from "./presence.ts";

export interface BackgroundDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyRotation: KeyRotation;
  readonly facts: FactLog;
  readonly outbox: Outbox | undefined;
  readonly sealer: AuditSealer;
  readonly presence: Presence;
  readonly narrowings: RoleNarrowings;
  readonly logger: Logger | undefined;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** Starts what an instance does without being asked, and answers how to stop it. */
export function startBackground(deps: BackgroundDeps): () => Promise<void> {
  const { store, clock, keyRotation, facts, outbox, sealer, presence, narrowings, logger } = deps;
  const jobs: readonly { name: string; ms: number; work: () => Promise<void> }[] = [
    { name: "reading revocations", ms: SECOND_MS, work: () => facts.poll() },
    { name: "sealing the audit", ms: SECOND_MS, work: () => sealer.seal() },
    { name: "narrowing roles", ms: SECOND_MS, work: () => narrowings.finish() },
    { name: "measuring the clock", ms: MINUTE_MS, work: () => clock.measure() },
    { name: "keeping the key ring", ms: MINUTE_MS, work: () => keyRotation.advance() },
    { name: "saying that it is there", ms: PRESENCE_MS, work: () => presence.announce() },
    { name: "pruning", ms: MINUTE_MS, work: () => prune(store) },
    ...(outbox ? [{ name: "sending mail", ms: SECOND_MS, work: () => outbox.deliver() }] : []),
  ];
  const stops = jobs.map(({ name, ms, work }) => every(ms, work, (err) => logger?.error({ err }, `${name} failed`)));
  return async () => {
    outbox?.close();
    await Promise.all(stops.map((stop) => stop()));
    // Where the database is away, silence says it as well.
    await presence.leave().catch(() => undefined);
  };
}
