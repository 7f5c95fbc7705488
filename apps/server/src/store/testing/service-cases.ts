import { describe, expect, test } from "vitest";
import { aSecret, aService, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const NOTES = "https://notes.example.com";
const billing = aService("billing");
const reader = aService("a reader", { disabledAt: NOW });

export function serviceCases(given: Given): void {
  describe("services", () => {
    test("come back as they were given, by name, and no two have one name", async () => {
      const { services } = given.store;
      await services.insert(billing);
      await services.insert(reader);
      expect(await services.byId(billing.id)).toStrictEqual(billing);
      expect(await services.byId(idOf("nobody"))).toBeUndefined();
      expect(await services.list()).toStrictEqual([reader, billing]);
      const same = aService("another", { name: "billing" });
      await expect(services.insert(same)).rejects.toMatchObject({ reason: "conflict" });
    });

    test("are disabled and enabled once, and raised one by one", async () => {
      const { services } = given.store;
      await services.insert(billing);
      expect(await services.setDisabled(billing.id, null)).toBe(false);
      expect(await services.setDisabled(billing.id, NOW)).toBe(true);
      expect(await services.setDisabled(billing.id, NOW + 1)).toBe(false);
      expect(await services.setDisabled(billing.id, null)).toBe(true);
      expect(await services.raiseVersion(billing.id)).toBe(1);
      expect(await services.raiseVersion(billing.id)).toBe(2);
      expect(await services.byId(billing.id)).toStrictEqual({ ...billing, version: 2 });
      await expect(services.raiseVersion(idOf("nobody"))).rejects.toMatchObject({ reason: "not_found" });
    });

    test("have the permissions that were set last, and are found by any of them", async () => {
      const { services } = given.store;
      for (const service of [billing, reader]) await services.insert(service);
      const [read, write] = ["notes:read", "notes:write"].map((permission) => ({ audience: NOTES, permission }));
      await services.setPermissions(
        billing.id,
        [write, read].flatMap((one) => one ?? []),
      );
      await services.setPermissions(reader.id, [{ audience: "https://other.example.com", permission: "notes:read" }]);
      expect(await services.permissions(billing.id)).toStrictEqual([read, write]);
      expect(await services.permittedAt(NOTES, ["notes:write", "notes:read", "notes:share"])).toEqual([billing.id]);
      expect(await services.permittedAt(NOTES, ["notes:share"])).toEqual([]);
      expect(await services.permittedAt(NOTES, [])).toEqual([]);
      await services.setPermissions(billing.id, []);
      expect(await services.permissions(billing.id)).toEqual([]);
    });

    test("have secrets, the newest first, each noted once a day, and ended by their own service alone", async () => {
      const { services } = given.store;
      for (const service of [billing, reader]) await services.insert(service);
      const older = aSecret("older", billing.id);
      const newer = aSecret("newer", billing.id, { createdAt: NOW + 1 });
      for (const secret of [older, newer]) await services.insertSecret(secret);
      expect(await services.secrets(billing.id)).toStrictEqual([newer, older]);
      const other = await given.another();
      const notes = Array.from({ length: 10 }, (_, n) => (n % 2 ? other : given.store).services.noteUse(older.id, NOW));
      expect((await Promise.all(notes)).filter(Boolean)).toHaveLength(1);
      expect(await services.noteUse(older.id, NOW - 1)).toBe(false);
      expect(await services.noteUse(older.id, NOW + 1)).toBe(true);
      expect(await services.removeSecret(newer.id, reader.id)).toBe(false);
      expect(await services.removeSecret(newer.id, billing.id)).toBe(true);
      expect(await services.secrets(billing.id)).toStrictEqual([{ ...older, usedOn: NOW + 1 }]);
    });

    test("take everything of theirs along when they go", async () => {
      const { services } = given.store;
      await services.insert(billing);
      await services.insertSecret(aSecret("one", billing.id));
      await services.setPermissions(billing.id, [{ audience: NOTES, permission: "notes:read" }]);
      expect(await services.remove(billing.id)).toBe(true);
      expect(await services.remove(billing.id)).toBe(false);
      expect(await services.secrets(billing.id)).toEqual([]);
      expect(await services.permittedAt(NOTES, ["notes:read"])).toEqual([]);
    });
  });
}
