import { setImmediate as yieldToOthers } from "node:timers/promises";
import { FACT_LIFE_MS, type World } from "@countersign/tokens";
import type { Grantable, RoleNarrowing } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import { createId } from "../ids.ts";
import { raiseAccounts } from "../revocation/account-version.ts";
import { raiseAudience } from "../revocation/audience-version.ts";

/** So many holders in one transaction: short enough that nobody waits for it. */
const CHUNK = 500;

/** Above so many with tokens, one fact about everybody's is less to tell than one about each. */
const MOST_FACTS = 10_000;

/** What goes from a role. */
interface Narrowed {
  readonly role: string;
  readonly taken: readonly Grantable[];
  /** Whether the role itself goes. */
  readonly removes: boolean;
}

export interface RoleNarrowings {
  /**
   * Makes the tokens of all who hold a role too old, after something was taken from it in the same transaction. Where
   * they are more than a chunk, what is left is written down for `finish`.
   */
  begin(tx: Transaction, narrowed: Narrowed): Promise<void>;
  /**
   * Does what is left, whoever began it. Until its turn a holder's token says what no longer holds. Safe to run from
   * several instances at once, and again after a failure: each chunk is a transaction, that knows where the last ended.
   * In one process it runs once at a time, so that when it is done what was revoked here is known here.
   */
  finish(): Promise<void>;
}

/**
 * Nobody's version rises who has no token: raising it would only be told to everybody who judges tokens. Those who have
 * are counted first, and where they are too many, one version in all tokens of the audience rises in their place.
 */
export function createRoleNarrowings({ store, world }: { store: Store; world: World }): RoleNarrowings {
  const advance = () =>
    store.transaction(async (tx) => {
      await tx.lock("narrowings");
      const narrowing = await tx.roleNarrowings.oldest();
      if (!narrowing) return false;
      const next = await steps[narrowing.step](tx, narrowing);
      if (next) await tx.roleNarrowings.update(next);
      else await tx.roleNarrowings.remove(narrowing.id);
      return true;
    });

  const finishAll = async () => {
    // Most of the time there is nothing, and then nobody else is held up.
    while (await store.roleNarrowings.oldest()) {
      await advance();
      await yieldToOthers();
    }
  };
  let last = Promise.resolve();

  return {
    begin: async (tx, { role, taken, removes }) => {
      // From here on, whoever made a token by what held before has committed it.
      await tx.lock("roles");
      await tx.lock("narrowings");
      const now = await tx.now();
      const mintedSince = now - FACT_LIFE_MS;
      const holders = await tx.roles.holders(role, { limit: CHUNK });
      if (holders.length < CHUNK) {
        if (taken.length > 0) await raiseAccounts(tx, await tx.sessions.minters(holders, mintedSince));
        if (removes) await tx.roles.remove(role);
        return;
      }
      if (removes) await tx.roles.retire(role, now);
      const audiences = [...new Set(taken.map(({ audience }) => audience))];
      const begun = { id: createId(world), role, audiences, mintedSince, removes, createdAt: now };
      const step = audiences.length > 0 ? "counting" : "clearing";
      if (audiences.length > 0 || removes) await tx.roleNarrowings.insert({ ...begun, step, after: "", minters: 0 });
    },

    finish: () => {
      last = last.then(finishAll, finishAll);
      return last;
    },
  };
}

/** What one chunk comes to: what is to be done next, or that nothing is. */
type Step = (tx: Transaction, narrowing: RoleNarrowing) => Promise<RoleNarrowing | undefined>;

const steps: Readonly<Record<RoleNarrowing["step"], Step>> = {
  counting: async (tx, narrowing) => {
    const { holders, end } = await chunkOf(tx, narrowing);
    const minters = narrowing.minters + (await tx.sessions.minters(holders, narrowing.mintedSince)).length;
    if (minters > MOST_FACTS) {
      for (const audience of narrowing.audiences) await raiseAudience(tx, audience);
      return cleared(narrowing);
    }
    return end === undefined ? { ...narrowing, step: "raising", after: "" } : { ...narrowing, minters, after: end };
  },

  raising: async (tx, narrowing) => {
    const { holders, end } = await chunkOf(tx, narrowing);
    await raiseAccounts(tx, await tx.sessions.minters(holders, narrowing.mintedSince));
    return end === undefined ? cleared(narrowing) : { ...narrowing, after: end };
  },

  clearing: async (tx, narrowing) => {
    const { holders, end } = await chunkOf(tx, narrowing);
    await tx.roles.revokeAll(holders, narrowing.role);
    if (end !== undefined) return { ...narrowing, after: end };
    await tx.roles.remove(narrowing.role);
    return undefined;
  },
};

/** The next holders, and with whom they end; nobody where there are no more after them. */
async function chunkOf(
  tx: Transaction,
  { role, after }: RoleNarrowing,
): Promise<{ readonly holders: readonly string[]; readonly end: string | undefined }> {
  const holders = await tx.roles.holders(role, { limit: CHUNK, after });
  return { holders, end: holders.length < CHUNK ? undefined : holders.at(-1) };
}

/** When all tokens are too old. */
function cleared(narrowing: RoleNarrowing): RoleNarrowing | undefined {
  return narrowing.removes ? { ...narrowing, step: "clearing", after: "" } : undefined;
}
