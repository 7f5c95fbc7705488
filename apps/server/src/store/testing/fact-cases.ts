import { setImmediate as tick } from "node:timers/promises";
import { EVERYTHING, type RevocationFact } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import type { NumberedFact, Store } from "../store.ts";
import { anAccount, anInstallation } from "./samples.ts";
import type { Given } from "./setting.ts";

const factOf = (n: number): RevocationFact => ({ kind: "account", id: `account ${n}`, least: n });
const revoke = (store: Store, ...facts: RevocationFact[]) => store.transaction(async (tx) => tx.revoke(...facts));

export function factCases(given: Given): void {
  describe("facts", () => {
    test("every kind of fact comes back as it was given, numbered one after the other", async () => {
      const facts: RevocationFact[] = [
        { kind: "session", id: "a session", least: EVERYTHING },
        { kind: "account", id: "an account", least: 3 },
        { kind: "service", id: "a service", least: 1 },
        { kind: "audience", id: "https://notes.example.com", least: 2 },
        { kind: "key", id: "a key" },
      ];
      await revoke(given.store, ...facts.slice(0, 4));
      await revoke(given.store, ...facts.slice(4));
      const numbered = facts.map((fact, index) => ({ number: index + 1, fact }));
      expect(await given.store.revocations.since(0)).toStrictEqual(numbered);
      expect(await given.store.revocations.since(2)).toStrictEqual(numbered.slice(2));
    });

    test("come in one transaction in any number, more than a statement has room for", async () => {
      const facts = Array.from({ length: 20_000 }, (_, n) => factOf(n));
      await given.store.transaction(async (tx) => {
        for (const fact of facts) tx.revoke(fact);
      });
      const numbered = facts.map((fact, index) => ({ number: index + 1, fact }));
      expect(await given.store.revocations.since(0)).toStrictEqual(numbered);
    });

    test("their head counts what was committed, in whichever run, also what is pruned by now", async () => {
      const { revocations } = given.store;
      expect(await revocations.head()).toStrictEqual({ incarnation: "", number: 0 });
      await given.store.installation.create(anInstallation({ feedIncarnation: "run" }));
      await revoke(given.store, factOf(1), factOf(2));
      await given.store.transaction(async (tx) => tx.revoke(factOf(3)));
      await revocations.prune((await given.store.now()) + 60_000);
      expect(await revocations.head()).toStrictEqual({ incarnation: "run", number: 3 });
    });

    test("50 parallel transactions commit in the order of their numbers: nobody ever sees a number before a smaller one", async () => {
      const stores = [given.store, await given.another()];
      const observer = await given.another();
      const seen: number[] = [];
      const look = async () => {
        const news = await observer.revocations.since(seen.length);
        seen.push(...news.map(({ number }) => number));
      };
      const transactions = Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          (stores[n % 2] ?? given.store).transaction(async (tx) => {
            tx.revoke(factOf(n));
            // Some take long, some do not, in another order than they began.
            for (let turn = (n * 7) % 13; turn > 0; turn -= 1) await tick();
            await tx.accounts.insert(anAccount(`${n}`));
            if (n % 3 === 0) tx.revoke(factOf(n + 100));
          }),
        ),
      );
      let over = false;
      const watching = (async () => {
        while (!over) await look().then(() => tick());
      })();
      await transactions;
      over = true;
      await watching;
      await look();
      expect(seen).toEqual(Array.from({ length: 67 }, (_, n) => n + 1));
    });

    test("listeners hear of a commit after it and before the transaction resolves", async () => {
      const observer = await given.another();
      const events: string[] = [];
      const visible: Promise<NumberedFact[]>[] = [];
      given.store.onFacts((facts) => {
        events.push(`heard ${facts.map(({ number }) => number).join()}`);
        visible.push(observer.revocations.since(0));
      });
      const answer = await given.store.transaction(async (tx) => {
        tx.revoke(factOf(1), factOf(2));
        events.push("worked");
        return 5;
      });
      events.push("resolved");
      expect(answer).toBe(5);
      expect(events).toEqual(["worked", "heard 1,2", "resolved"]);
      expect(await visible[0]).toHaveLength(2);
    });

    test("a listener hears nothing of transactions without facts, and nothing any more once it stopped", async () => {
      const heard: number[] = [];
      const stop = given.store.onFacts((facts) => heard.push(...facts.map(({ number }) => number)));
      await given.store.transaction(async (tx) => tx.accounts.insert(anAccount("ada")));
      await revoke(given.store, factOf(1));
      stop();
      await revoke(given.store, factOf(2));
      expect(heard).toEqual([1]);
    });

    test("a listener that throws spoils neither the commit nor the other listeners, and is not overlooked", async () => {
      const heard: number[] = [];
      given.store.onFacts(() => {
        throw new Error("a bug");
      });
      given.store.onFacts((facts) => heard.push(...facts.map(({ number }) => number)));
      const uncaught = await uncaughtDuring(() => revoke(given.store, factOf(1)));
      expect(heard).toEqual([1]);
      expect(uncaught).toEqual([new Error("a bug")]);
    });

    test("a rollback tells no listener, leaves no fact, and takes its numbers back", async () => {
      const heard: number[] = [];
      given.store.onFacts((facts) => heard.push(...facts.map(({ number }) => number)));
      const failed = given.store.transaction(async (tx) => {
        tx.revoke(factOf(1));
        throw new Error("no");
      });
      await expect(failed).rejects.toThrow("no");
      expect(await given.store.revocations.since(0)).toEqual([]);
      await revoke(given.store, factOf(2));
      expect(heard).toEqual([1]);
      expect(await given.store.revocations.since(0)).toStrictEqual([{ number: 1, fact: factOf(2) }]);
    });

    test("old facts are deleted, and the numbers go on", async () => {
      await revoke(given.store, factOf(1), factOf(2));
      const now = await given.store.now();
      expect(await given.store.revocations.prune(now - 60_000)).toBe(0);
      expect(await given.store.revocations.prune(now + 60_000)).toBe(2);
      await revoke(given.store, factOf(3));
      expect(await given.store.revocations.since(0)).toStrictEqual([{ number: 3, fact: factOf(3) }]);
    });
  });
}

/** Runs something, and collects what would have ended the process. */
async function uncaughtDuring(work: () => Promise<unknown>): Promise<unknown[]> {
  const usual = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const errors: unknown[] = [];
  process.on("uncaughtException", (error) => errors.push(error));
  try {
    await work();
    await tick();
    return errors;
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of usual) process.on("uncaughtException", listener);
  }
}
