import { describe, expect, test } from "vitest";
import { aHandoff, anAccount, anInvitation, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");

/** What is there to be used once: handoffs, invitations, the set-up link. */
export function oneTimeCases(given: Given): void {
  /** Takes 20 times in parallel on two instances; answers what the winners got. */
  const race = async <T>(take: (store: Given["store"]) => Promise<T | undefined>) => {
    const stores = [given.store, await given.another()];
    const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => take(stores[n % 2] ?? given.store)));
    return taken.filter((one) => one !== undefined);
  };

  describe("what is used once", () => {
    test("ASVS 2.3.4: of 20 parallel takes of one handoff exactly one gets it, as it was given", async () => {
      await given.store.accounts.insert(ada);
      const bare = aHandoff("bare", ada.id);
      const full = aHandoff("full", ada.id, {
        origin: "https://a.example",
        jkt: "jkt",
        amr: ["pwd", "otp"],
        acr: "2fa",
      });
      await given.store.handoffs.insert(bare);
      await given.store.handoffs.insert(full);
      expect(await race((store) => store.handoffs.take(full.hash))).toStrictEqual([full]);
      expect(await given.store.handoffs.take(bare.hash)).toStrictEqual(bare);
    });

    test("ASVS 2.3.4: of 20 parallel takes of one invitation exactly one gets it, as it was given", async () => {
      const invitation = anInvitation("ada", { roles: ["editor", "member"] });
      await given.store.invitations.insert(invitation);
      expect(await given.store.invitations.byHash(invitation.hash)).toStrictEqual(invitation);
      expect(await given.store.invitations.byHash(invitation.id)).toBeUndefined();
      expect(await race((store) => store.invitations.take(invitation.hash))).toStrictEqual([invitation]);
      expect(await given.store.invitations.list({ limit: 10 })).toEqual([]);
    });

    test("ASVS 2.3.4: of 20 parallel takes of the set-up link exactly one gets it", async () => {
      await given.store.setUp.put("hash", NOW);
      expect(await race((store) => store.setUp.take("hash"))).toStrictEqual([{ expiresAt: NOW }]);
      expect(await given.store.setUp.read()).toBeUndefined();
    });

    test("server case 13: of 20 parallel uses of one proof at two instances exactly one is told that it is new", async () => {
      expect(await race(async (store) => (await store.proofs.use("proof", NOW)) || undefined)).toEqual([true]);
      expect(await given.store.proofs.use("proof", NOW + 1)).toBe(false);
      expect(await given.store.proofs.use("another", NOW)).toBe(true);
    });

    test("there is one set-up link, and a new one kills the last", async () => {
      const { setUp } = given.store;
      expect(await setUp.read()).toBeUndefined();
      await setUp.put("first", NOW);
      await setUp.put("second", NOW + 1);
      expect(await setUp.read()).toStrictEqual({ hash: "second", expiresAt: NOW + 1 });
      expect(await setUp.take("first")).toBeUndefined();
      expect(await setUp.take("second")).toStrictEqual({ expiresAt: NOW + 1 });
    });

    test("invitations come in pages, each once, and are removed by id", async () => {
      const { invitations } = given.store;
      const all = Array.from({ length: 5 }, (_, n) => anInvitation(`guest-${n}`));
      for (const invitation of all) await invitations.insert(invitation);
      const first = await invitations.list({ limit: 2 });
      const cursor = first.at(-1)?.id ?? "";
      expect(await invitations.remove(cursor)).toBe(true);
      expect(await invitations.remove(cursor)).toBe(false);
      const rest = await invitations.list({ limit: 10, after: cursor });
      expect([...first, ...rest].map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
    });

    test("what expired before is deleted, nothing else", async () => {
      const { accounts, handoffs, invitations } = given.store;
      await accounts.insert(ada);
      for (const [name, expiresAt] of [["before", NOW - 1] as const, ["now", NOW] as const]) {
        await handoffs.insert(aHandoff(name, ada.id, { expiresAt }));
        await invitations.insert(anInvitation(name, { expiresAt }));
      }
      expect(await handoffs.prune(NOW)).toBe(1);
      expect(await handoffs.take(idOf("handoff now"))).toBeDefined();
      const { proofs } = given.store;
      await proofs.use("before", NOW - 1);
      await proofs.use("now", NOW);
      expect(await proofs.prune(NOW)).toBe(1);
      expect([await proofs.use("before", NOW), await proofs.use("now", NOW)]).toEqual([true, false]);
      expect(await invitations.prune(NOW)).toBe(1);
      expect(await invitations.list({ limit: 10 })).toStrictEqual([anInvitation("now", { expiresAt: NOW })]);
    });
  });
}
