import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import type { Found, SessionStore } from "../keeping/session-store.ts";
import { pageAddress } from "../page.ts";
import { type Held, type Holder, isExpired, lifeLeft } from "../session/holder.ts";
import { recordOf, tokenOf } from "../session/session-record.ts";
import { createSingleFlight } from "../single-flight.ts";
import type { Exclusive } from "../tabs/exclusive.ts";
import { createCoolDown } from "./cool-down.ts";
import { isAway } from "./refresh.ts";
import { createRefreshRequest } from "./refresh-request.ts";
import type { Asked, TokenRequestDeps } from "./token-request.ts";

export interface RenewalDeps extends TokenRequestDeps {
  readonly holder: Holder;
  readonly store: SessionStore;
  readonly exclusive: Exclusive;
  readonly world: ClientWorld;
}

/** Why a renewal is asked for. */
interface Need {
  /** The token is expired, or a guard refused it: then a session that cannot be renewed is over. */
  readonly due: boolean;
  /** An audience that a token is needed for. */
  readonly audience?: string | undefined;
}

export interface Renewal {
  /**
   * Renews the session: one request, however many ask. Resolves also when it was signed out meanwhile.
   *
   * @throws {ClientError} why there are no new tokens
   */
  renew(need: Need): Promise<void>;
  /** Follows what another holder of the storage did, if it did anything. */
  look(): Promise<void>;
  /** Signs out of a session that is over at the server, unless another holder of the storage has a better one. */
  leave(held: Held): Promise<void>;
}

/** Records of other holders that are taken over in one renewal. */
const ADOPTIONS = 3;

/** What failures are counted by: the refresh token, where it is known. */
function keyOf(held: Held | undefined): string {
  return held ? (held.record.refreshToken ?? held.record.session) : "";
}

export function createRenewal({ holder, store, exclusive, world, ...rest }: RenewalDeps): Renewal {
  const { own } = rest.audiences;
  /** Whether a session that nobody here knows of can be found out. A server that renders a page has no cookies to send. */
  const canAsk = rest.mode === "cookie" && pageAddress() !== undefined;
  const request = createRefreshRequest({ ...rest, world });
  const coolDown = createCoolDown(world);
  const inFlight = createSingleFlight();

  /** The refresh token of a session that was left with nothing but its key missing. */
  let left: string | undefined;

  const hasToken = (held: Held, audience = own) => {
    const token = tokenOf(held.record, audience);
    return token !== undefined && !isExpired(held, token, world);
  };

  /** Looks into storage and follows what another holder did there. @returns whether the session changed hands */
  async function follow(held: Held, look: Promise<Found>): Promise<"same" | "changed"> {
    const found = await look;
    if (holder.held !== held) return "changed";
    if (found.kind === "gone") holder.release(true);
    else if (found.kind === "cookie") holder.forget();
    else if (found.kind === "other") holder.adopt(found.record);
    else return "same";
    return "changed";
  }

  async function look(): Promise<void> {
    const { held, isUnknown } = holder;
    if (isUnknown) return;
    if (held) return void (await follow(held, store.look(held.record)));
    const found = await store.load();
    if (holder.held || holder.isUnknown) return;
    // Somebody has signed in elsewhere.
    if (found.kind === "other" && found.record.refreshToken !== left) holder.adopt(found.record);
    else if (found.kind === "cookie" && canAsk) holder.forget();
  }

  async function fly(audience: string | undefined): Promise<void> {
    for (let adoptions = 0; adoptions <= ADOPTIONS; adoptions += 1) {
      const before = holder.held;
      const changed = before && (await follow(before, store.look(before.record))) === "changed";
      const { held, epoch, isUnknown } = holder;
      if (held ? changed && hasToken(held, audience) : !(isUnknown && canAsk)) return;
      coolDown.assertOver(keyOf(held));
      holder.setRefreshing(true);
      const isWanted = () => holder.held === held && holder.epoch === epoch;
      const asked = await request(held?.record, audience, isWanted);
      if (!isWanted()) {
        // Signed out or in meanwhile: the answer is nobody's. Elsewhere: who is in now is asked anew.
        if (holder.isUnknown) continue;
        return;
      }
      if (asked.outcome.kind !== "rejected") return await settle(held, asked);
      if (!held) {
        if (await isNobody()) return holder.release(false);
        continue;
      }
      // Another holder may have renewed the session just now, and stored it.
      if ((await follow(held, store.look(held.record))) === "same") return reject(held, asked.outcome.error);
      if (holder.held && hasToken(holder.held, audience)) return;
    }
  }

  async function settle(base: Held | undefined, { outcome, askedAt }: Asked): Promise<void> {
    const key = keyOf(base);
    if (outcome.kind !== "renewed") {
      coolDown.failed(key, outcome.error, outcome.kind === "wait" ? outcome.seconds : undefined);
      holder.kept(isAway(outcome));
      throw outcome.error;
    }
    coolDown.succeeded(key);
    const held = holder.hold(recordOf(outcome.reply, askedAt.wall, base?.record), askedAt, !base);
    await follow(
      held,
      store.save(held.record, () => holder.held === held),
    );
  }

  /** There was no cookie, or it was good for nothing: unless somebody has signed in elsewhere meanwhile, it stays so. */
  async function isNobody(): Promise<boolean> {
    await store.drop(undefined);
    return (await store.load()).kind !== "cookie";
  }

  function reject(held: Held, error: ClientError): never {
    holder.reject(held, error);
    throw error;
  }

  async function leave(held: Held): Promise<void> {
    if ((await follow(held, store.look(held.record))) === "changed") return;
    holder.release(false);
    // Whoever has its key goes on with it: another page, for which it stays where it is.
    if (held.rejected?.reason === "key_mismatch") left = held.record.refreshToken;
    else await store.drop(held.record);
  }

  /** Over, for whoever needs more than what is left of it. */
  async function leaveIfOver({ due }: Need): Promise<void> {
    const { held } = holder;
    if (held?.rejected && (due || lifeLeft(held, world) <= 0)) await leave(held);
  }

  async function renewOnce(need: Need): Promise<"own" | "joined"> {
    try {
      if (holder.held?.rejected) throw new ClientError(holder.held.rejected.reason);
      return await inFlight(() => exclusive(() => fly(need.audience)).finally(() => holder.setRefreshing(false)));
    } catch (error) {
      await leaveIfOver(need);
      throw error;
    }
  }

  return {
    look,
    leave,
    async renew(need) {
      const { audience } = need;
      if (audience !== undefined) coolDown.assertOver(audience);
      const isMissing = () => audience !== undefined && holder.held && !tokenOf(holder.held.record, audience);
      // The flight that was joined may have been for another audience.
      while ((await renewOnce(need)) === "joined") if (!isMissing()) return;
      if (audience === undefined || !isMissing()) return;
      const error = new ClientError("invalid_target");
      coolDown.failed(audience, error, undefined);
      throw error;
    },
  };
}
