import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import { advance } from "./advance.ts";
import type { IssuerLink } from "./issuer-link.ts";
import type { KeptSession } from "./kept-session.ts";
import { serverSession } from "./server-session.ts";

/** What became of a session that a page asked something about. */
export interface Changed {
  /** To be kept from now on; `null` for nothing any more; `undefined` where it stays as it is. */
  readonly next: KeptSession | null | undefined;
  /** Why what was asked for did not happen. */
  readonly failure?: unknown;
}

/** Renews a session now, unless the issuer is not to be asked yet. Throws nothing. */
export async function renewNow(kept: KeptSession, link: IssuerLink, world: ClientWorld): Promise<Changed> {
  const advanced = await advance({ ...kept, dueAfter: 0 }, link, world);
  if (advanced.next !== undefined) return advanced;
  const retryAfter = Math.ceil((kept.waitUntil - world.now()) / 1000);
  return { next: undefined, failure: new ClientError("unavailable", { status: 503, retryAfter }) };
}

/** Proves the password again, and renews the session: the issuer refuses its tokens of before from then on. Throws nothing. */
export async function stepUp(
  kept: KeptSession,
  password: string,
  link: IssuerLink,
  world: ClientWorld,
): Promise<Changed> {
  // Whatever was wrong with its tokens, with these it can be proved.
  const renewed = await renewNow(kept, link, world);
  if (renewed.failure !== undefined || !renewed.next) return renewed;
  try {
    const session = serverSession(renewed.next, { ...link, world });
    if (session.status !== "signed-in") throw new ClientError("no_token");
    await session.api.account.stepUp.mutate({ password });
  } catch (failure) {
    return { next: renewed.next, failure };
  }
  const { next = renewed.next, failure } = await renewNow(renewed.next, link, world);
  return { next, failure };
}
