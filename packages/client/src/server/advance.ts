import type { ClientWorld } from "../client-world.ts";
import type { ClientError } from "../errors.ts";
import { isSettled } from "../renewal/settled.ts";
import { recordOf } from "../session/session-record.ts";
import type { IssuerLink } from "./issuer-link.ts";
import { isDue, type KeptSession, keep, lifeLeft, postponed, serves } from "./kept-session.ts";

/** What becomes of a session in a proxy step. */
export interface Advance {
  /** To be kept from now on; `null` for nothing any more; `undefined` where it stays as it is. */
  readonly next: KeptSession | null | undefined;
  /** Why it could not be renewed. */
  readonly failure?: ClientError | undefined;
}

/** Renews a session that is due, and tells the issuer of one that was signed out. Throws nothing. */
export async function advance(kept: KeptSession, link: IssuerLink, world: ClientWorld): Promise<Advance> {
  if (kept.ended) return { next: world.now() < kept.waitUntil ? undefined : await endKept(kept, link, world) };
  if (!isDue(kept, world)) return { next: undefined };
  // Where its tokens still serve, nobody waits for a second attempt.
  const { outcome, askedAt } = await link.refresh(kept.record, undefined, () => !serves(kept, world));
  if (outcome.kind === "renewed") return { next: keep(recordOf(outcome.reply, askedAt.wall, kept.record), world) };
  const failure = outcome.error;
  const left = lifeLeft(kept, world);
  // Only the issuer's own word ends a session, and not before its tokens expire.
  if (outcome.kind === "rejected")
    return { next: left > 0 ? { ...kept, waitUntil: world.now() + left } : null, failure };
  return { next: postponed(kept, failure.retryAfter, world), failure };
}

/** Ends a session at the issuer. @returns what to keep of it until the issuer could be told; `null` once it knows */
export async function endKept(
  kept: KeptSession,
  link: Pick<IssuerLink, "client" | "ask">,
  world: ClientWorld,
): Promise<KeptSession | null> {
  const answer = await link.ask("end", { client: link.client, refresh_token: kept.record.refreshToken });
  if (isSettled(answer, "storage")) return null;
  const told = "status" in answer ? answer.retryAfter : undefined;
  return postponed({ ...kept, ended: true }, told, world);
}
