import { describe, expect, test } from "vitest";
import { aKey, anInstallation, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

/** What an installation has few of: itself, its clients, its audiences, its keys. */
export function registerCases(given: Given): void {
  describe("the register", () => {
    test("of 10 instances that begin one installation one does", async () => {
      const stores = [given.store, await given.another()];
      expect(await given.store.installation.read()).toBeUndefined();
      const begun = await Promise.all(
        Array.from({ length: 10 }, async (_, n) => {
          const epoch = `epoch ${n}`;
          return (await stores[n % 2]?.installation.create(anInstallation({ epoch }))) ? epoch : undefined;
        }),
      );
      const winners = begun.filter((epoch) => epoch !== undefined);
      expect(winners).toHaveLength(1);
      expect(await given.store.installation.read()).toStrictEqual(anInstallation({ epoch: winners[0] ?? "" }));
      await given.store.installation.update({ feedIncarnation: "a run" });
      expect(await stores[1]?.installation.read()).toMatchObject({ epoch: winners[0], feedIncarnation: "a run" });
      await given.store.installation.update({ keyAlgorithm: "ES256" });
      expect(await given.store.installation.read()).toMatchObject({ keyAlgorithm: "ES256", feedIncarnation: "a run" });
    });

    test("clients and audiences are put under their id, and put again replace what was there", async () => {
      const { audiences, clients } = given.store;
      const its = { origins: ["https://app.example.com"], audiences: ["https://b.example", "https://a.example"] };
      const app = { id: "app", name: "App", mode: "cookie", ...its } as const;
      await clients.upsert({ ...app, origins: [], audiences: [], mode: "storage" });
      await clients.upsert(app);
      await clients.upsert({ ...app, id: "another" });
      expect(await clients.byId("app")).toStrictEqual(app);
      expect(await clients.byId("none")).toBeUndefined();
      expect(await clients.list()).toStrictEqual([{ ...app, id: "another" }, app]);
      const procedures = { "notes.list": { allowed: ["notes:read"] }, "a.b": { signedIn: true, within: 60 } } as const;
      const notes = { id: "https://notes.example.com", permissions: ["notes:read"], procedures, boundTokens: true };
      await audiences.upsert({ ...notes, permissions: [], procedures: null, boundTokens: false });
      expect(await audiences.byId(notes.id)).toMatchObject({ procedures: null, boundTokens: false, version: 0 });
      expect(await audiences.raiseVersion(notes.id)).toBe(1);
      await audiences.upsert(notes);
      await expect(audiences.raiseVersion("https://none.example.com")).rejects.toMatchObject({ reason: "not_found" });
      expect(await audiences.byId(notes.id)).toStrictEqual({ ...notes, version: 1 });
      expect(await audiences.byId("https://none.example.com")).toBeUndefined();
      expect(await audiences.list()).toStrictEqual([{ ...notes, version: 1 }]);
    });

    test("keys come back as they were given, in the order of their publication", async () => {
      const { keys } = given.store;
      const newer = aKey("newer", { publishedAt: NOW + 1 });
      const older = aKey("older", { activatedAt: NOW, retiredAt: NOW + 1 });
      await keys.insert(newer);
      await keys.insert(older);
      expect(await keys.list()).toStrictEqual([older, newer]);
      await expect(keys.insert(newer)).rejects.toMatchObject({ reason: "conflict" });
      expect(await keys.remove(older.kid)).toBe(true);
      expect(await keys.remove(older.kid)).toBe(false);
    });

    test("a key is activated once and retired once, whoever comes first", async () => {
      const stores = [given.store, await given.another()];
      const key = aKey("raced");
      await given.store.keys.insert(key);
      expect(await given.store.keys.signing()).toBeUndefined();
      for (const step of ["activate", "retire"] as const) {
        const tries = Array.from({ length: 10 }, (_, n) => stores[n % 2]?.keys[step](key.kid, NOW + 5));
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
        expect(await given.store.keys.signing()).toBe(step === "activate" ? key.kid : undefined);
      }
      expect(await given.store.keys.list()).toStrictEqual([{ ...key, activatedAt: NOW + 5, retiredAt: NOW + 5 }]);
    });

    test("a version of the refresh secret is written once", async () => {
      const { refreshSecrets } = given.store;
      const first = { version: 1, sealed: "first", createdAt: NOW };
      const second = { version: 2, sealed: "second", createdAt: NOW };
      expect(await refreshSecrets.insert(second)).toBe(true);
      expect(await refreshSecrets.insert(first)).toBe(true);
      expect(await refreshSecrets.insert({ ...first, sealed: "other" })).toBe(false);
      expect(await refreshSecrets.list()).toStrictEqual([first, second]);
    });
  });
}
