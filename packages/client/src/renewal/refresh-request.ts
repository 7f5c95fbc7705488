import type { ClientWorld } from "../client-world.ts";
import type { SessionRecord } from "../session/session-record.ts";
import type { Outcome } from "./refresh.ts";
import { type Asked, createTokenRequest, type TokenRequestDeps } from "./token-request.ts";

/** How often an attempt is made in a row. After that, the cool-down rules. */
const ATTEMPTS = 3;
/** No attempt begins later than this after the first, in milliseconds. */
const PERSISTENCE_MS = 5_000;
/** Longer than this nobody waits in place. */
const SHORT_WAIT_S = 2;
const FIRST_PAUSE_MS = 200;

/**
 * Asks for a renewal, a few times where that may help: after a lost reply the same token gets the same successor, and a
 * server that restarts is soon back. Pauses grow, with jitter, and are never shorter than the server asked for.
 *
 * @param record the session that is held; without one, whosever cookie the browser has
 * @param audience one that a token is needed for
 * @param isWanted whether anybody still wants the answer
 */
export function createRefreshRequest(deps: TokenRequestDeps) {
  const { audiences, world } = deps;
  const request = createTokenRequest(deps);

  return async (
    record: SessionRecord | undefined,
    audience: string | undefined,
    isWanted: () => boolean,
  ): Promise<Asked> => {
    const began = world.monotonic();
    for (let attempt = 1; ; attempt += 1) {
      const grant = { refresh_token: record?.refreshToken };
      const asked = await request("refresh", grant, audiences.lists(record, audience));
      const wait = waitOf(asked.outcome);
      const isOver = attempt >= ATTEMPTS || wait > SHORT_WAIT_S || world.monotonic() - began > PERSISTENCE_MS;
      if (isOver || !isWanted()) return asked;
      await pause(world, (wait * 1000 + FIRST_PAUSE_MS * 3 ** (attempt - 1)) * (1 + world.random() / 2));
      if (!isWanted()) return asked;
    }
  };
}

/** Seconds to wait before it makes sense to ask again; for ever where it never does. */
function waitOf(outcome: Outcome): number {
  if (outcome.kind === "network") return 0;
  return outcome.kind === "wait" ? (outcome.seconds ?? 0) : Number.POSITIVE_INFINITY;
}

function pause(world: Pick<ClientWorld, "setTimer">, milliseconds: number): Promise<void> {
  return new Promise((resolve) => void world.setTimer(resolve, milliseconds));
}
