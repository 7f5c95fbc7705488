import { describe, expect, test } from "vitest";
import { aMail, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

export function mailCases(given: Given): void {
  describe("mails", () => {
    test("are due as they were given, the longest overdue first, and no more than asked for", async () => {
      const { mails } = given.store;
      const all = [aMail("later", { dueAt: NOW + 1 }), aMail("now"), aMail("before", { dueAt: NOW - 1, attempts: 3 })];
      for (const mail of all) await mails.insert(mail);
      expect(await mails.due(NOW, 10)).toStrictEqual([all[2], all[1]]);
      expect(await mails.due(NOW, 1)).toStrictEqual([all[2]]);
      expect(await mails.due(NOW + 1, 10)).toHaveLength(3);
    });

    test("of 20 parallel claims of one mail exactly one wins, and counts an attempt", async () => {
      const stores = [given.store, await given.another()];
      const mail = aMail("one");
      await given.store.mails.insert(mail);
      const claims = Array.from({ length: 20 }, (_, n) => stores[n % 2]?.mails.claim(mail, NOW + 60));
      expect((await Promise.all(claims)).filter((won) => won)).toHaveLength(1);
      expect(await given.store.mails.due(NOW, 10)).toEqual([]);
      expect(await given.store.mails.due(NOW + 60, 10)).toStrictEqual([{ ...mail, attempts: 1, dueAt: NOW + 60 }]);
    });

    test("that were claimed and put off since are not claimed by who read them before", async () => {
      const { mails } = given.store;
      const mail = aMail("one");
      await mails.insert(mail);
      const [read] = await mails.due(NOW, 1);
      expect(await mails.claim(mail, NOW)).toBe(true);
      expect(await mails.claim(read ?? mail, NOW + 60)).toBe(false);
      expect(await mails.putOff(mail.id, NOW + 5)).toBe(true);
      expect(await mails.due(NOW + 5, 10)).toMatchObject([{ attempts: 1, dueAt: NOW + 5 }]);
    });

    test("that are gone change no more", async () => {
      const { mails } = given.store;
      const mail = aMail("one");
      await mails.insert(mail);
      expect(await mails.remove(mail.id)).toBe(true);
      expect(await mails.remove(mail.id)).toBe(false);
      expect(await mails.claim(mail, NOW)).toBe(false);
      expect(await mails.putOff(idOf("nothing"), NOW)).toBe(false);
    });
  });
}
