import type { ClientWorld } from "../client-world.ts";
import { elapsedSince } from "../session/clock-skew.ts";
import { type Holder, isExpired } from "../session/holder.ts";
import { tokenOf } from "../session/session-record.ts";
import type { Renewal } from "./renewal.ts";

/** An access token for one request. Secret. */
export interface Obtained {
  /** The best there is: expired where it could not be renewed, `undefined` where there is none. */
  readonly token: string | undefined;
  /** Whether it goes with a proof. */
  readonly bound?: boolean | undefined;
  /** Id of the session that it is of. */
  readonly session?: string | undefined;
  /** Whether this request had the session renewed. */
  readonly renewed: boolean;
  /** Why it could not be renewed. */
  readonly failure?: unknown;
}

export interface TokensDeps {
  readonly holder: Holder;
  readonly renewal: Renewal;
  readonly world: ClientWorld;
}

/**
 * Gets a token for an audience: renews an expired one first, and one that is due beside the request that uses it. Throws
 * nothing.
 */
export function createTokens({ holder, renewal, world }: TokensDeps): (audience: string) => Promise<Obtained> {
  return async (audience) => {
    const { held } = holder;
    if (!held && !holder.isUnknown) return { token: undefined, renewed: false };
    if (held) held.used = true;
    const token = held && tokenOf(held.record, audience);
    if (held && token && !isExpired(held, token, world)) {
      const isDue = elapsedSince(held.askedAt, world) >= held.dueAfter;
      // Who fails here is told by the next one who cannot go without.
      if (isDue && !held.rejected) renewal.renew({ due: false }).catch(() => undefined);
      return { token: token.accessToken, bound: token.bound, session: held.record.session, renewed: false };
    }
    try {
      await renewal.renew({ due: token !== undefined, audience });
    } catch (failure) {
      const left = holder.held === held ? token : undefined;
      return { token: left?.accessToken, bound: left?.bound, session: held?.record.session, renewed: true, failure };
    }
    const now = holder.held;
    if (now) now.used = true;
    const { accessToken, bound } = (now && tokenOf(now.record, audience)) ?? {};
    return { token: accessToken, bound, session: now?.record.session, renewed: true };
  };
}
