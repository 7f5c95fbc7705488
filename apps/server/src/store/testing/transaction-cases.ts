import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Store, Transaction } from "../store.ts";
import { anAccount, anEntry, aRole, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");
const bob = anAccount("bob");
const counter = (key: string) => ({ key, windowMs: 1000, most: 1000 });

export function transactionCases(given: Given): void {
  describe("transactions", () => {
    test("ASVS 2.3.3: work that throws leaves nothing behind, and its error comes out as it is", async () => {
      const mistake = new Error("a mistake");
      const failed = given.store.transaction(async (tx) => {
        await tx.accounts.insert(ada);
        await tx.roles.insert(aRole("editor", ["notes:read"]));
        await tx.audit.append(anEntry("written"));
        throw mistake;
      });
      await expect(failed).rejects.toBe(mistake);
      expect(await given.store.accounts.byId(ada.id)).toBeUndefined();
      expect(await given.store.roles.list()).toEqual([]);
      expect(await given.store.audit.list({ limit: 1 })).toEqual([]);
    });

    test("a transaction sees its own writes, and what it answered is there for every instance", async () => {
      const other = await given.another();
      const seen = await given.store.transaction(async (tx) => {
        await tx.accounts.insert(ada);
        return tx.accounts.byEmail(ada.email);
      });
      expect(seen).toStrictEqual(ada);
      expect(await other.accounts.byId(ada.id)).toStrictEqual(ada);
    });

    test("nobody sees what has not been committed: not another instance, not a query beside it", async () => {
      const other = await given.another();
      const written = Promise.withResolvers<void>();
      const ending = Promise.withResolvers<void>();
      const transaction = given.store.transaction(async (tx) => {
        await tx.accounts.insert(ada);
        written.resolve();
        await ending.promise;
      });
      await written.promise;
      expect(await other.accounts.byId(ada.id)).toBeUndefined();
      const beside = given.store.accounts.byId(ada.id);
      await tick();
      ending.reject(new Error("rolled back"));
      await expect(transaction).rejects.toThrow("rolled back");
      expect(await beside).toBeUndefined();
    });

    test("a query that was refused spoils its transaction, also where the work caught the refusal", async () => {
      await given.store.accounts.insert(ada);
      const later: unknown[] = [];
      const spoilt = given.store.transaction(async (tx) => {
        await tx.accounts.insert(bob);
        await tx.accounts.insert(ada).catch(() => {});
        await tx.accounts.byId(bob.id).catch((error: unknown) => later.push(error));
        return "done";
      });
      await expect(spoilt).rejects.toMatchObject({ reason: "conflict" });
      expect(later).toMatchObject([{ reason: "conflict" }]);
      expect(await given.store.accounts.byId(bob.id)).toBeUndefined();
      expect(await given.store.transaction((tx) => tx.accounts.byId(ada.id))).toStrictEqual(ada);
    });

    test.each(["administrators", `account:${ada.id}`] as const)(
      "a lock lets one transaction at a time decide, on all instances: %s",
      async (lock) => {
        const stores = [given.store, await given.another()];
        await given.store.accounts.insert({ ...ada, passwordHash: "0" });
        const addOne = async (tx: Transaction) => {
          await tx.lock(lock);
          const before = (await tx.accounts.byId(ada.id))?.passwordHash;
          await tick();
          await tx.accounts.setPassword(ada.id, String(Number(before) + 1));
        };
        await Promise.all(Array.from({ length: 20 }, (_, n) => stores[n % 2]?.transaction(addOne)));
        expect((await given.store.accounts.byId(ada.id))?.passwordHash).toBe("20");
      },
    );

    test("corpus 77: 100 parallel transactions and queries on one instance all come to an end", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => {
          if (n % 2) return (await given.store.attempts.count([counter("key")], NOW)).length;
          return given.store.transaction(async (tx) => {
            await tx.lock("keys");
            return (await tx.attempts.count([counter("key"), counter("other")], NOW)).length;
          });
        }),
      );
      expect(outcomes).toEqual(Array.from({ length: 100 }, (_, n) => (n % 2 ? 1 : 2)));
      expect(await given.store.attempts.count([counter("key")], NOW)).toEqual([101]);
    });

    test.each<[string, (store: Store) => Promise<unknown>]>([
      ["a query", (store) => store.accounts.byId(ada.id)],
      ["a query of several statements", (store) => store.roles.insert(aRole("editor"))],
      ["a transaction", (store) => store.transaction(async () => {})],
    ])(
      "corpus 77: %s of the store inside its own transaction is refused at once instead of waiting",
      async (_, ask) => {
        const nested = given.store.transaction(async (tx) => {
          await tx.accounts.insert(ada);
          await ask(given.store);
        });
        await expect(nested).rejects.toMatchObject({ reason: "internal" });
        expect(await given.store.accounts.byId(ada.id)).toBeUndefined();
      },
    );

    test("another store may be asked inside a transaction, and the own one again when it is over", async () => {
      const other = await given.another();
      const over = Promise.withResolvers<void>();
      let later: Promise<unknown> = Promise.resolve();
      await given.store.transaction(async (tx) => {
        await tx.accounts.insert(ada);
        expect(await other.accounts.byId(ada.id)).toBeUndefined();
        later = over.promise.then(() => given.store.accounts.byId(ada.id));
      });
      over.resolve();
      expect(await later).toStrictEqual(ada);
    });

    test("a transaction that is over takes no more queries and no more facts", async () => {
      let kept: Transaction | undefined;
      let broken: Transaction | undefined;
      const failed = given.store.transaction(async (tx) => {
        broken = tx;
        throw new Error("rolled back");
      });
      await expect(failed).rejects.toThrow("rolled back");
      expect(() => broken?.revoke({ kind: "key", id: "too late" })).toThrow(TypeError);
      await given.store.transaction(async (tx) => {
        kept = tx;
        tx.revoke({ kind: "key", id: "in time" });
      });
      await expect(kept?.accounts.insert(ada)).rejects.toThrow();
      expect(() => kept?.revoke({ kind: "key", id: "too late" })).toThrow(TypeError);
      expect(await given.store.accounts.byId(ada.id)).toBeUndefined();
      expect(await given.store.revocations.since(0)).toHaveLength(1);
    });

    test("a store that was closed answers unavailable", async () => {
      const other = await given.another();
      await other.accounts.list({ limit: 1 });
      await other.close();
      await expect(other.accounts.list({ limit: 1 })).rejects.toMatchObject({ reason: "unavailable" });
      await expect(other.transaction(async () => {})).rejects.toMatchObject({ reason: "unavailable" });
    });
  });
}
