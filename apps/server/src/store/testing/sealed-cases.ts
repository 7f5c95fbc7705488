import { describe, expect, test } from "vitest";
import { sealedTables } from "../sealed.ts";
import { aKey, aMail, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

/** What is encrypted at rest, and who is there to read it. */
export function sealedCases(given: Given): void {
  describe("sealed texts", () => {
    test("stand in the tables that are listed, and in no other", async () => {
      const tables = await given.database.raw().introspection.getTables();
      const found = tables.filter(({ columns }) => columns.some(({ name }) => name === "sealed"));
      expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(sealedTables).sort());
    });

    test("are found with their places, and replaced where they are still the same", async () => {
      const { keys, mails, refreshSecrets, sealed, auditChain } = given.store;
      const key = aKey("one", { sealed: "of a key" });
      const mail = aMail("one", { sealed: "of a mail" });
      await keys.insert(key);
      await mails.insert(mail);
      await refreshSecrets.insert({ version: 7, sealed: "of a secret", createdAt: NOW });
      const { kid, publicJwk } = aKey("audit");
      await auditChain.insertKey({ kid, publicJwk, sealed: "of the audit", createdAt: NOW });
      const at = (table: keyof typeof sealedTables, row: string) => ({ table, row, column: "sealed" });
      const texts = [
        { place: at("signing_keys", key.kid), sealed: "of a key" },
        { place: at("refresh_secrets", "7"), sealed: "of a secret" },
        { place: at("audit_keys", kid), sealed: "of the audit" },
        { place: at("mails", mail.id), sealed: "of a mail" },
      ];
      expect(await sealed.list()).toStrictEqual(texts);
      for (const text of texts) {
        expect(await sealed.replace(text, `${text.sealed}, anew`)).toBe(true);
        expect(await sealed.replace(text, "too late")).toBe(false);
      }
      expect(await sealed.list()).toStrictEqual(texts.map((text) => ({ ...text, sealed: `${text.sealed}, anew` })));
      await sealed.clear("mails");
      expect((await sealed.list()).map(({ place }) => place.table)).not.toContain("mails");
    });
  });

  test("instances say that they are there, again and again, and leave", async () => {
    const { instances } = given.store;
    const one = { id: "one", masterKeyId: "key", seenAt: NOW };
    await instances.put({ ...one, seenAt: NOW - 1000 });
    await instances.put(one);
    await instances.put({ ...one, id: "two", seenAt: NOW - 1 });
    expect(await instances.since(NOW - 1)).toStrictEqual([one]);
    expect(await instances.since(NOW - 2)).toHaveLength(2);
    expect(await instances.prune(NOW)).toBe(1);
    await instances.remove("one");
    expect(await instances.since(0)).toEqual([]);
  });
}
