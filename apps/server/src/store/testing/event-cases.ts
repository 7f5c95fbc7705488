import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { IssuerEvent } from "../../events.ts";
import { anAccount, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");
const bob = anAccount("bob");
const enabled: IssuerEvent = { type: "account.enabled", at: NOW, account: ada.id, actor: null };
const disabled: IssuerEvent = { type: "account.disabled", at: NOW, account: ada.id, actor: null };

export function eventCases(given: Given): void {
  /** One of our tables, for statements in somebody's own words. */
  const ours = (table: string) => [given.database.schema, table].filter(Boolean).join(".");

  describe("events", () => {
    test("are told in their order, once, after the work and before anybody else sees it", async () => {
      const { store } = given;
      const other = await given.another();
      const told: unknown[] = [];
      store.onEvents(async (events, query) => {
        told.push(
          events,
          (await query(`select name from ${ours("accounts")}`, [])).map(({ name }) => name),
        );
        told.push(await other.accounts.byId(ada.id));
      });
      await store.transaction(async (tx) => {
        tx.emit(enabled);
        tx.emit(disabled);
        await tx.accounts.insert(ada);
        expect(told).toEqual([]);
      });
      expect(told).toEqual([[enabled, disabled], ["ada"], undefined]);
    });

    test("ASVS 2.3.3: a reaction that throws leaves nothing behind, facts neither, and its error comes out as it is", async () => {
      const { store } = given;
      const mistake = new Error("a mistake");
      store.onEvents(async (_, query) => {
        await query(`update ${ours("accounts")} set name = 'changed'`, []);
        throw mistake;
      });
      const failed = store.transaction(async (tx) => {
        await tx.accounts.insert(ada);
        tx.revoke({ kind: "key", id: "kid" });
        tx.emit(enabled);
      });
      await expect(failed).rejects.toBe(mistake);
      expect(await store.accounts.byId(ada.id)).toBeUndefined();
      expect(await store.revocations.since(0)).toEqual([]);
    });

    test("what a reaction writes is committed with the work, to tables of its own as well", async () => {
      const empty = await given.databases.empty();
      try {
        const store = await empty.open();
        await store.migrate();
        await sql`create table billing (account text primary key)`.execute(empty.raw());
        store.onEvents(async (_, query) => {
          await query(`insert into billing (account) values ('${ada.id}')`, []);
        });
        await store.transaction(async (tx) => tx.emit(enabled));
        const rows = await sql<{ account: string }>`select account from billing`.execute(empty.raw());
        expect(rows.rows).toMatchObject([{ account: ada.id }]);
      } finally {
        await empty.close();
      }
    });

    test("a statement of a reaction that fails spoils the transaction, also where it is caught", async () => {
      const { store } = given;
      await store.accounts.insert(ada);
      store.onEvents(async (_, query) => {
        await query(`insert into ${ours("account_metadata")} (account_id) values ('${ada.id}')`, []).catch(() => {});
      });
      const spoilt = store.transaction(async (tx) => {
        await tx.accounts.insert(bob);
        tx.emit(enabled);
      });
      await expect(spoilt).rejects.toMatchObject({ name: "Refusal", cause: expect.any(Error) });
      expect(await store.accounts.byId(bob.id)).toBeUndefined();
    });

    test("corpus 77: a reaction that asks the store itself is refused at once instead of waiting", async () => {
      const { store } = given;
      store.onEvents(async () => void (await store.accounts.byId(ada.id)));
      const nested = store.transaction(async (tx) => tx.emit(enabled));
      await expect(nested).rejects.toMatchObject({ reason: "internal" });
    });

    test("nobody is told where nothing happened, the work failed, or one has stopped listening", async () => {
      const { store } = given;
      const told: unknown[] = [];
      const stop = store.onEvents(async (events) => void told.push(events));
      await store.transaction(async () => {});
      const failed = store.transaction(async (tx) => {
        tx.emit(enabled);
        throw new Error("rolled back");
      });
      await expect(failed).rejects.toThrow("rolled back");
      stop();
      await store.transaction(async (tx) => tx.emit(enabled));
      expect(told).toEqual([]);
    });

    test("a transaction whose work is over takes no more events", async () => {
      const { store } = given;
      let emit: ((...events: IssuerEvent[]) => void) | undefined;
      store.onEvents(async () => {
        expect(() => emit?.(disabled)).toThrow(TypeError);
      });
      await store.transaction(async (tx) => {
        emit = tx.emit;
        tx.emit(enabled);
      });
      expect(() => emit?.(disabled)).toThrow(TypeError);
    });
  });
}
