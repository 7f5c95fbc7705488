import { describe, expect, test } from "vitest";
import { anAccount, aRole, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");
const bob = anAccount("bob");

export function roleCases(given: Given): void {
  describe("roles", () => {
    test("a role comes back as it was given, alone and in the list", async () => {
      const { roles } = given.store;
      const editor = aRole("editor", ["notes:read", "notes:write"]);
      const member = aRole("member", [], { builtIn: true });
      await roles.insert(editor);
      await roles.insert(member);
      expect(await roles.byName("editor")).toStrictEqual(editor);
      expect(await roles.byName("member")).toStrictEqual(member);
      expect(await roles.byName("none")).toBeUndefined();
      expect(await roles.list()).toStrictEqual([editor, member]);
    });

    test("a name is taken once, and a role that is refused leaves nothing", async () => {
      const { roles } = given.store;
      await roles.insert(aRole("editor", ["notes:read"]));
      await expect(roles.insert(aRole("editor", ["notes:write"]))).rejects.toMatchObject({ reason: "conflict" });
      await expect(roles.insert(aRole("twice", ["notes:read", "notes:read"]))).rejects.toMatchObject({
        reason: "conflict",
      });
      expect(await roles.list()).toStrictEqual([aRole("editor", ["notes:read"])]);
    });

    test("an update replaces description and permissions, all or nothing", async () => {
      const { roles } = given.store;
      await roles.insert(aRole("editor", ["notes:read", "notes:write"]));
      const changed = aRole("editor", ["notes:read", "notes:share"], { description: "Others" });
      expect(await roles.update(changed)).toBe(true);
      expect(await roles.byName("editor")).toStrictEqual(changed);
      await expect(roles.update(aRole("editor", ["a:b", "a:b"]))).rejects.toMatchObject({ reason: "conflict" });
      expect(await roles.byName("editor")).toStrictEqual(changed);
      expect(await roles.update(aRole("none"))).toBe(false);
      expect(await roles.update(aRole("editor"))).toBe(true);
      expect((await roles.byName("editor"))?.permissions).toEqual([]);
    });

    test("a removed role takes its grants and permissions with it", async () => {
      const { accounts, roles } = given.store;
      await accounts.insert(ada);
      await roles.insert(aRole("editor", ["notes:read"]));
      await roles.grant(ada.id, "editor");
      expect(await roles.remove("editor")).toBe(true);
      expect(await roles.remove("editor")).toBe(false);
      await roles.insert(aRole("editor"));
      expect(await roles.ofAccount(ada.id)).toEqual([]);
      expect(await roles.byName("editor")).toStrictEqual(aRole("editor"));
    });

    test("a grant answers whether it was new, under parallel ones as well", async () => {
      const { accounts, roles } = given.store;
      const other = await given.another();
      await accounts.insert(ada);
      await roles.insert(aRole("editor"));
      const grants = Array.from({ length: 20 }, (_, n) => (n % 2 ? roles : other.roles).grant(ada.id, "editor"));
      expect((await Promise.all(grants)).filter(Boolean)).toHaveLength(1);
      expect(await roles.ofAccount(ada.id)).toEqual(["editor"]);
      expect(await roles.revoke(ada.id, "editor")).toBe(true);
      expect(await roles.revoke(ada.id, "editor")).toBe(false);
      await expect(roles.grant(idOf("nobody"), "editor")).rejects.toMatchObject({ reason: "conflict" });
      await expect(roles.grant(ada.id, "none")).rejects.toMatchObject({ reason: "conflict" });
    });

    test("holders are counted while they are enabled", async () => {
      const { accounts, roles } = given.store;
      await accounts.insert(ada);
      await accounts.insert(bob);
      await roles.insert(aRole("administrator"));
      expect(await roles.enabledHolders("administrator")).toBe(0);
      await roles.grant(ada.id, "administrator");
      await roles.grant(bob.id, "administrator");
      expect(await roles.enabledHolders("administrator")).toBe(2);
      await accounts.setDisabled(bob.id, NOW);
      expect(await roles.enabledHolders("administrator")).toBe(1);
      expect(await roles.countHolders(["administrator"])).toBe(2);
    });

    test("holders are found page by page, and counted once whatever they hold", async () => {
      const { accounts, roles } = given.store;
      const people = ["ada", "bob", "cyd", "dan", "eve"].map((name) => anAccount(name));
      for (const name of ["editor", "reader", "other"]) await roles.insert(aRole(name));
      for (const person of people) {
        await accounts.insert(person);
        await roles.grant(person.id, "editor");
      }
      await roles.grant(ada.id, "reader");
      const pages: string[][] = [];
      for (let after: string | undefined = ""; after !== undefined; after = pages.at(-1)?.at(-1)) {
        pages.push(await roles.holders("editor", { limit: 2, after }));
      }
      expect(pages.map(({ length }) => length)).toEqual([2, 2, 1, 0]);
      expect(pages.flat().toSorted()).toEqual(people.map(({ id }) => id).toSorted());
      expect(await roles.countHolders(["editor", "reader"])).toBe(5);
      expect(await roles.countHolders(["reader"])).toBe(1);
      expect(await roles.countHolders(["other"])).toBe(0);
      expect(await roles.countHolders([])).toBe(0);
      await roles.revokeAll([ada.id, bob.id, idOf("nobody")], "editor");
      await roles.revokeAll([], "editor");
      expect(await roles.countHolders(["editor"])).toBe(3);
      expect(await roles.ofAccount(ada.id)).toEqual(["reader"]);
    });

    test("a retired role permits nothing and is seen nowhere, and its name is taken until it is removed", async () => {
      const { accounts, roles } = given.store;
      await accounts.insert(ada);
      await roles.insert(aRole("editor", ["notes:read"]));
      await roles.grant(ada.id, "editor");
      await roles.declare({ role: "editor", audience: "https://notes.example.com" });
      expect(await roles.retire("editor", NOW)).toBe(true);
      expect(await roles.retire("editor", NOW)).toBe(false);
      expect(await roles.list()).toEqual([]);
      expect(await roles.byName("editor")).toBeUndefined();
      expect(await roles.update(aRole("editor", ["notes:read"]))).toBe(false);
      expect(await roles.declarations()).toEqual([]);
      expect(await roles.ofAccount(ada.id)).toEqual([]);
      expect(await roles.grantedTo(ada.id)).toEqual([]);
      expect(await roles.holders("editor", { limit: 5 })).toEqual([ada.id]);
      await expect(roles.insert(aRole("editor"))).rejects.toMatchObject({ reason: "conflict" });
      expect(await roles.remove("editor")).toBe(true);
      await roles.insert(aRole("editor"));
    });

    test("what is left of a narrowing comes back as it was put last, the oldest first", async () => {
      const { roleNarrowings } = given.store;
      const begun = { role: "editor", audiences: ["https://notes.example.com"], mintedSince: NOW - 1, removes: true };
      const older = { ...begun, id: "b", step: "counting", after: "", minters: 0, createdAt: NOW } as const;
      const newer = { ...older, id: "a", createdAt: NOW + 1 };
      for (const narrowing of [newer, older]) await roleNarrowings.insert(narrowing);
      expect(await roleNarrowings.oldest()).toStrictEqual(older);
      const further = { ...older, step: "raising", after: ada.id, minters: 7 } as const;
      await roleNarrowings.update(further);
      expect(await roleNarrowings.oldest()).toStrictEqual(further);
      await roleNarrowings.remove(older.id);
      expect(await roleNarrowings.oldest()).toStrictEqual(newer);
      await roleNarrowings.remove(newer.id);
      expect(await roleNarrowings.oldest()).toBeUndefined();
    });

    test("what an account is granted is what its roles permit, each once, and nothing of other roles", async () => {
      const { accounts, roles } = given.store;
      await accounts.insert(ada);
      await roles.insert(aRole("editor", ["notes:read", "notes:write"]));
      await roles.insert(aRole("reader", ["notes:read"]));
      await roles.insert(aRole("other", ["notes:remove"]));
      await roles.grant(ada.id, "editor");
      await roles.grant(ada.id, "reader");
      expect(await roles.grantedTo(ada.id)).toStrictEqual(aRole("", ["notes:read", "notes:write"]).permissions);
      expect(await roles.grantedTo(bob.id)).toEqual([]);
    });

    test("a role is declared by an API once, by parallel ones as well, and by several APIs", async () => {
      const { roles } = given.store;
      const other = await given.another();
      const [notes, files] = ["https://notes.example.com", "https://files.example.com"];
      await roles.insert(aRole("editor"));
      await roles.insert(aRole("reader"));
      const declaration = { role: "editor", audience: notes };
      const all = Array.from({ length: 10 }, (_, n) => (n % 2 ? roles : other.roles).declare(declaration));
      expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1);
      await roles.declare({ role: "editor", audience: files });
      await roles.declare({ role: "reader", audience: notes });
      expect(await roles.declarations()).toStrictEqual([
        { role: "editor", audience: files },
        { role: "editor", audience: notes },
        { role: "reader", audience: notes },
      ]);
      await expect(roles.declare({ role: "none", audience: notes })).rejects.toMatchObject({ reason: "conflict" });
      expect(await roles.undeclare(declaration)).toBe(true);
      expect(await roles.undeclare(declaration)).toBe(false);
      await roles.remove("editor");
      expect(await roles.declarations()).toStrictEqual([{ role: "reader", audience: notes }]);
    });
  });
}
