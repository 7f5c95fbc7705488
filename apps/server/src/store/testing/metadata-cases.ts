import { describe, expect, test } from "vitest";
import { anAccount, idOf } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");

export function metadataCases(given: Given): void {
  describe("metadata", () => {
    test("comes back as it was put, and where nothing was put there is none", async () => {
      const { accounts, metadata } = given.store;
      await accounts.insert(ada);
      expect(await metadata.read(ada.id)).toBeUndefined();
      const both = { public: { plan: "pro", seats: [1, null] }, private: { note: { deep: true } } };
      await metadata.put(ada.id, both);
      expect(await metadata.read(ada.id)).toStrictEqual(both);
    });

    test("of the parts only those that are given are replaced, each whole", async () => {
      const { accounts, metadata } = given.store;
      await accounts.insert(ada);
      await metadata.put(ada.id, { private: { a: 1, b: 2 } });
      expect(await metadata.read(ada.id)).toStrictEqual({ public: {}, private: { a: 1, b: 2 } });
      await metadata.put(ada.id, { public: { c: 3 } });
      await metadata.put(ada.id, { private: { b: 4 } });
      await metadata.put(ada.id, {});
      expect(await metadata.read(ada.id)).toStrictEqual({ public: { c: 3 }, private: { b: 4 } });
    });

    test("20 parallel changes of the two parts lose neither", async () => {
      const stores = [given.store, await given.another()];
      await given.store.accounts.insert(ada);
      const part = (n: number) => (n % 2 === 0 ? { public: { last: "a" } } : { private: { last: "b" } });
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => stores[n % 3 === 0 ? 0 : 1]?.metadata.put(ada.id, part(n))),
      );
      expect(await given.store.metadata.read(ada.id)).toStrictEqual({ public: { last: "a" }, private: { last: "b" } });
    });

    test("belongs to an account, and goes with it", async () => {
      const { accounts, metadata } = given.store;
      const nobodys = metadata.put(idOf("nobody"), { public: {} });
      await expect(nobodys).rejects.toMatchObject({ reason: "conflict" });
      await accounts.insert(ada);
      await metadata.put(ada.id, { public: { plan: "pro" } });
      await accounts.remove(ada.id);
      expect(await metadata.read(ada.id)).toBeUndefined();
    });
  });
}
