import { describe, expect, test } from "vitest";
import { aHandoff, anAccount, anEntry, aRole, aSession, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

export function accountCases(given: Given): void {
  describe("accounts", () => {
    test("an account comes back as it was given, by id and by address", async () => {
      const { accounts } = given.store;
      const ada = anAccount("ada", { passwordHash: "$argon2id$…", version: 3, disabledAt: NOW + 1 });
      await accounts.insert(ada);
      expect(await accounts.byId(ada.id)).toStrictEqual(ada);
      expect(await accounts.byEmail(ada.email)).toStrictEqual(ada);
      expect(await accounts.byId(idOf("nobody"))).toBeUndefined();
      expect(await accounts.byEmail("nobody@example.com")).toBeUndefined();
    });

    test("an address belongs to one account, and the second one is refused as a conflict", async () => {
      const { accounts } = given.store;
      await accounts.insert(anAccount("ada"));
      const second = accounts.insert(anAccount("eve", { email: "ada@example.com" }));
      await expect(second).rejects.toMatchObject({ reason: "conflict", cause: expect.any(Error) });
      await expect(accounts.insert(anAccount("ada", { email: "other@example.com" }))).rejects.toMatchObject({
        reason: "conflict",
      });
      expect(await accounts.list({ limit: 10 })).toHaveLength(1);
    });

    test("of 20 parallel sign-ups with one address one succeeds", async () => {
      const stores = [given.store, await given.another()];
      const signUps = Array.from({ length: 20 }, (_, n) =>
        stores[n % 2]?.accounts.insert(anAccount(`ada ${n}`, { email: "ada@example.com" })),
      );
      const outcomes = await Promise.allSettled(signUps);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("pages hold every account once, also when the one they continue from is gone", async () => {
      const { accounts } = given.store;
      const all = Array.from({ length: 7 }, (_, n) => anAccount(`person-${n}`));
      for (const account of all) await accounts.insert(account);
      const first = await accounts.list({ limit: 3 });
      const cursor = first.at(-1)?.id ?? "";
      await accounts.remove(cursor);
      const rest = await accounts.list({ limit: 10, after: cursor });
      expect(first).toHaveLength(3);
      expect([...first, ...rest].map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
    });

    test("a change answers whether there was something to change", async () => {
      const { accounts } = given.store;
      const ada = anAccount("ada");
      await accounts.insert(ada);
      expect(await accounts.setPassword(ada.id, "hash")).toBe(true);
      expect(await accounts.setPassword(idOf("nobody"), "hash")).toBe(false);
      expect(await accounts.setDisabled(ada.id, null)).toBe(false);
      expect(await accounts.setDisabled(ada.id, NOW)).toBe(true);
      expect(await accounts.setDisabled(ada.id, NOW + 1)).toBe(false);
      expect(await accounts.byId(ada.id)).toStrictEqual({ ...ada, passwordHash: "hash", disabledAt: NOW });
      expect(await accounts.setDisabled(ada.id, null)).toBe(true);
      expect((await accounts.byId(ada.id))?.disabledAt).toBeNull();
      expect(await accounts.remove(ada.id)).toBe(true);
      expect(await accounts.remove(ada.id)).toBe(false);
    });

    test("an address is proved once, which takes the password away", async () => {
      const { accounts } = given.store;
      const ada = anAccount("ada", { passwordHash: "hash" });
      await accounts.insert(ada);
      expect(await accounts.claim(idOf("nobody"), NOW)).toBe(false);
      expect(await accounts.claim(ada.id, NOW)).toBe(true);
      await accounts.setPassword(ada.id, "another");
      expect(await accounts.claim(ada.id, NOW + 1)).toBe(false);
      expect(await accounts.byId(ada.id)).toStrictEqual({ ...ada, passwordHash: "another", emailProvedAt: NOW });
    });

    test("20 parallel raises of a version answer 20 versions", async () => {
      const stores = [given.store, await given.another()];
      const ada = anAccount("ada");
      await given.store.accounts.insert(ada);
      const raises = Array.from({ length: 20 }, (_, n) => stores[n % 2]?.accounts.raiseVersion(ada.id));
      const versions = await Promise.all(raises);
      expect(versions.sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      await expect(given.store.accounts.raiseVersion(idOf("nobody"))).rejects.toMatchObject({ reason: "not_found" });
    });

    test("removing an account removes its sessions, handoffs and roles, and no audit entry", async () => {
      const { accounts, audit, handoffs, roles, sessions } = given.store;
      const [ada, bob] = [anAccount("ada"), anAccount("bob")];
      await roles.insert(aRole("editor"));
      for (const { id } of [ada, bob]) {
        await accounts.insert(id === ada.id ? ada : bob);
        await sessions.insert(aSession(id, id));
        await handoffs.insert(aHandoff(id, id));
        await roles.grant(id, "editor");
        await audit.append(anEntry(id, { actor: id, subject: id }));
      }
      await accounts.remove(ada.id);
      expect(await sessions.byId(aSession(ada.id, ada.id).id)).toBeUndefined();
      expect(await handoffs.take(aHandoff(ada.id, ada.id).hash)).toBeUndefined();
      expect(await roles.holders("editor", { limit: 5 })).toEqual([bob.id]);
      expect(await sessions.living(bob.id, NOW)).toHaveLength(1);
      expect(await audit.list({ limit: 10 })).toHaveLength(2);
    });
  });
}
