import { heirOf, nextRingStep, Refusal, readyAt, statusOf } from "@countersign/tokens";
import type { Store } from "../../store/store.ts";
import { type Actor, NOBODY } from "../caller.ts";
import { type KeyStepsDeps, type LockedRing, lockRing, settleRing, takeStep } from "./key-steps.ts";
import type { Keys } from "./keys.ts";

/** How the ring changes: by itself, and by hand. Under one lock, so once for all instances. */
export interface KeyRotation {
  /** Does what the ring needs now, if anything, and reads it again: what another instance did becomes known. */
  advance(): Promise<void>;
  /**
   * Has a successor sign from now on. No token dies by it.
   *
   * @throws {Refusal} `conflict` while none has been published for an hour; `retryAfter` says how long that will be
   */
  rotate(actor: Actor): Promise<{ readonly current: string; readonly retired: string }>;
  /**
   * Takes a key out at once, and with it every token that it signed. Where it was the one that signs, a successor does so
   * in the same moment, even one that has not been published for an hour.
   *
   * @throws {Refusal} `not_found`
   */
  revoke(kid: string, actor: Actor): Promise<void>;
}

export interface KeyRotationDeps extends KeyStepsDeps {
  readonly store: Store;
  readonly keys: Keys;
}

export function createKeyRotation({ store, keys, ...deps }: KeyRotationDeps): KeyRotation {
  const isDue = async () => {
    const installation = await store.installation.read();
    return installation && nextRingStep(await store.keys.list(), installation.keyAlgorithm, await store.now());
  };

  return {
    advance: async () => {
      // Most of the time there is nothing to do, and then nobody else is held up.
      if (await isDue()) await store.transaction(async (tx) => settleRing(tx, deps, await lockRing(tx), NOBODY));
      await keys.reload();
    },

    rotate: async (actor) => {
      const rotated = await store.transaction(async (tx) => {
        const ring = await lockRing(tx);
        const retire = ring.keys.find((key) => statusOf(key, ring.now) === "current")?.kid;
        const heir = heirOf(ring.keys, ring.algorithm, ring.now);
        if (!heir || retire === undefined) throw notReady(ring);
        await takeStep(tx, deps, { act: "activate", kid: heir.kid, retire }, ring, actor);
        await settleRing(tx, deps, ring, actor);
        return { current: heir.kid, retired: retire };
      });
      await keys.reload();
      return rotated;
    },

    revoke: async (kid, actor) => {
      await store.transaction(async (tx) => {
        const ring = await lockRing(tx);
        if (!(await tx.keys.remove(kid))) throw new Refusal("not_found");
        tx.revoke({ kind: "key", id: kid });
        await deps.audit.write(tx, { event: "key.revoked", at: ring.now, by: actor, subject: kid });
        await settleRing(tx, deps, ring, actor);
      });
      await keys.reload();
    },
  };
}

function notReady({ keys, now }: LockedRing): Refusal {
  const soonest = Math.min(...keys.filter((key) => statusOf(key, now) === "next").map(readyAt));
  const detail = "no successor has been published for an hour";
  return new Refusal("conflict", { detail, retryAfter: Math.max(1, Math.ceil((soonest - now) / 1000)) });
}
